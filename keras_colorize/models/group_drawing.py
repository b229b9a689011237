"""Drawing one group of a photograph's samples."""

import dataclasses
import threading

import numpy as np
from keras import ops

from keras_colorize.color import downsample
from keras_colorize.color import normalize_lab
from keras_colorize.color import resize
from keras_colorize.models.rendering import luminance
from keras_colorize.sampling import lane_count
from keras_colorize.sampling import no_hints
from keras_colorize.sampling import uniform_noise


@dataclasses.dataclass(frozen=True)
class _Subject:
    """What all samples of a photograph share, once for each lane."""

    index: int
    luminance: object
    prepared: tuple
    hints: object


class GroupDrawing:
    """Draws groups of samples of photographs, on any thread.

    Args:
        model: A `Colorizer`.
        sampler: Its sampler.
        temperature: float, or one for each channel.
        seed: int.
        score: bool. Whether to compute the samples' log-likelihood.
        progress: Function of (rows done, rows in all), or None.
        rows: int. Rows of all groups.
    """

    def __init__(
        self, model, sampler, temperature, seed, score, progress, rows
    ):
        self._model = model
        self._sampler = sampler
        self._weights = sampler.fold()
        # Of one shape always, so that there is one program.
        self._temperature = ops.convert_to_tensor(
            np.broadcast_to(np.float32(temperature), (model.head.channels,))
        )
        self._seed = seed
        self._score = score
        self._count = _Counter(progress, rows) if progress else None

    def prepare(self, index, photograph, grid, hints):
        """Computes what all samples of a photograph share.

        Args:
            index: int. Of the photograph in the call.
            photograph: Array (H, W, 1 or 3).
            grid: tuple of ints. Size of the model's gray image.
            hints: `Hints` or None.
        """
        model = self._model
        gray = resize(luminance(photograph)[None], *grid)
        gray = normalize_lab(ops.repeat(gray, 3, axis=-1))[..., :1]
        small = downsample(gray, model.chroma_factor, model.chroma_method)
        if hints is None:
            hints = no_hints(small, model.head.channels)
        else:
            hints = ops.convert_to_tensor(hints.on_grid(*small.shape[1:3]))[
                None
            ]
        inputs = model.sampling_inputs(model.encode(gray), small)
        prepared = self._sampler.prepare(self._weights, inputs)
        small, hints, *prepared = (
            ops.repeat(part, lane_count(), axis=0)
            for part in (small, hints, *prepared)
        )
        return _Subject(index, small, tuple(prepared), hints)

    def draw(self, subject, samples):
        """Draws samples of a photograph.

        Args:
            subject: From `prepare`.
            samples: range. Which ones; as many as there are lanes.

        Returns:
            Their chroma, an array (lanes, h, w, 2), normalized, and their
            log-likelihood in bits, an array (lanes,), or None.
        """
        sampler = self._sampler
        noise = self._noise(subject, samples)
        fixed, state = sampler.begin(subject.prepared, noise, subject.hints)
        height = noise.shape[1]
        # Several calls if rows are to be counted.
        calls = (sampler.calls_an_image or height) if self._count else 1
        size = -(-height // calls)
        for start in range(0, height, size):
            stop = min(start + size, height)
            state = sampler.sample_rows(
                self._weights,
                fixed,
                self._temperature,
                state,
                ops.convert_to_tensor(start, "int32"),
                ops.convert_to_tensor(stop, "int32"),
            )
            if self._count:
                self._count.add(stop - start)
        chroma = sampler.image(state)
        if not self._score:
            return chroma, None
        target = ops.concatenate([subject.luminance, chroma], axis=-1)
        return chroma, self._model.log_likelihood_of(
            sampler.parameters(state), target
        )

    def _noise(self, subject, samples):
        """The noise of samples of a photograph, `(B, h, w, num_noise)`."""
        shape = (*subject.luminance.shape[1:3], self._model.head.num_noise)
        return ops.convert_to_tensor(
            np.stack(
                [
                    uniform_noise(self._seed, subject.index, sample, shape)
                    for sample in samples
                ]
            )
        )


class _Counter:
    """Counts rows for `progress`, which is called by one thread at a time."""

    def __init__(self, progress, total):
        self._progress = progress
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    def add(self, rows):
        with self._lock:
            self._done += rows
            self._progress(self._done, self._total)
