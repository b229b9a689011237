"""Draws chroma with a sampler of the package.

No other benchmark knows how the package draws.
"""

import concurrent.futures
import os

import numpy as np
from common import noise_images
from common import seconds
from common import wait
from keras import ops

from keras_colorize.generation.drawing import group_size
from keras_colorize.generation.drawing import uniform_noise
from keras_colorize.sampling import nothing_known


class Drawing:
    """Draws samples of one photograph of noise, as `generate` does.

    Samples run in groups of `group_size()`. The groups run on one thread for
    each core.

    Args:
        model: An `AutoregressiveColorizer`.
        sampler: str. The name of the sampler.
        side: int. Rows and columns of the chroma grid.
    """

    def __init__(self, model, sampler, side):
        self._side = side
        self._model = model
        self._sampler = model.sampler(sampler)
        self._weights = self._sampler.fold()
        image = noise_images(1, side * model.chroma_factor)
        self._gray = model.targets(image)["gray"]
        size = group_size()
        self._prepared = tuple(
            ops.repeat(part, size, axis=0) for part in self.encode()
        )
        shape = model.noise_shape((side, side))
        self._noise = ops.convert_to_tensor(
            np.stack([uniform_noise(0, 0, k, shape) for k in range(size)])
        )

    def encode(self):
        """Computes what depends on the photograph alone."""
        inputs = self._model.encode(self._gray).inputs
        return self._sampler.prepare(self._weights, inputs)

    def draw(self, groups=1):
        """Draws groups of samples."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self._draw_group, range(groups)))

    def extrapolated(self):
        """The seconds of one group, extrapolated from its first row.

        A call that draws no row gives the time before the first row. That
        time counts once.
        """
        times = []
        for rows in (0, 1):
            fixed, state = self._begin()
            wait((fixed, state))
            times.append(seconds(self._rows, fixed, state, rows))
        before, row = times
        return before + self._side * (row - before)

    def _draw_group(self, _):
        fixed, state = self._begin()
        return self._sampler.image(self._rows(fixed, state, self._side))

    def _begin(self):
        hints = nothing_known(self._noise, self._model.head.channels)
        return self._sampler.begin(self._prepared, self._noise, hints)

    def _rows(self, fixed, state, stop):
        """Draws the rows from the first to `stop`."""
        return self._sampler.sample_rows(
            self._weights,
            fixed,
            ops.ones(self._model.temperatures),
            state,
            ops.convert_to_tensor(0, "int32"),
            ops.convert_to_tensor(stop, "int32"),
        )
