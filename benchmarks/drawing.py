"""Drawing one photograph's chroma with a sampler, part by part."""

import concurrent.futures

import numpy as np
from common import noise_images
from keras import ops
from measure import seconds
from measure import wait

from keras_colorize.sampling import no_hints
from keras_colorize.sampling import uniform_noise


class Drawing:
    """The parts of drawing the chroma of one photograph, in their order.

    They are what `generate` does; the photograph is noise.

    Args:
        model: A `Colorizer`.
        sampler: str. Name of its sampler.
        side: int. Rows and columns of the chroma.
    """

    def __init__(self, model, sampler, side):
        self.side = side
        self._model = model
        self._sampler = model.sampler(sampler)
        image = noise_images(1, side * model.chroma_factor)
        self._gray, target = model.split(image)
        self._luminance = target[..., :1]
        self._noise = {}

    def fold(self):
        """Folds the weights: once a call of `generate`."""
        self._weights = self._sampler.fold()
        return self._weights

    def embed(self):
        """Computes what depends on the photograph alone."""
        context = self._model.encode(self._gray)
        inputs = self._model.sampling_inputs(context, self._luminance)
        self._prepared = self._sampler.prepare(self._weights, inputs)
        return self._prepared

    def draw(self, batch, groups=1, threads=1):
        """Draws groups of samples, each in one program.

        Args:
            batch: int. Samples in a group.
            groups: int.
            threads: int. Groups at a time.

        Returns:
            list of arrays `(batch, side, side, 2)`.
        """
        prepared = self._repeated(batch)

        def draw_group(_):
            fixed, state = self._begin(prepared, batch)
            state = self._rows(fixed, state, self.side)
            return self._sampler.image(state)

        if threads == 1:
            return [draw_group(group) for group in range(groups)]
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return list(pool.map(draw_group, range(groups)))

    def extrapolated(self, batch):
        """Seconds of one group, from those of its first row.

        What a call does before its first row is taken from a call of no rows,
        and counted once.
        """
        prepared = self._repeated(batch)
        times = []
        for rows in (0, 1):
            fixed, state = self._begin(prepared, batch)
            wait((fixed, state))
            times.append(seconds(self._rows, fixed, state, rows))
        before, row = times
        return before + self.side * (row - before)

    def _repeated(self, batch):
        if batch not in self._noise:
            shape = (self.side, self.side, self._model.head.num_noise)
            self._noise[batch] = ops.convert_to_tensor(
                np.stack([uniform_noise(0, 0, k, shape) for k in range(batch)])
            )
        return tuple(ops.repeat(part, batch, axis=0) for part in self._prepared)

    def _begin(self, prepared, batch):
        noise = self._noise[batch]
        hints = no_hints(noise, self._model.head.channels)
        return self._sampler.begin(prepared, noise, hints)

    def _rows(self, fixed, state, stop):
        """Draws the rows from the first to `stop`."""
        return self._sampler.sample_rows(
            self._weights,
            fixed,
            ops.ones(self._model.head.channels),
            state,
            ops.convert_to_tensor(0, "int32"),
            ops.convert_to_tensor(stop, "int32"),
        )
