"""Drawing the chroma of photographs on the model's grid."""

import concurrent.futures
import math
import threading

import numpy as np
from keras import ops

from keras_colorize.color import downsample
from keras_colorize.color import luminance
from keras_colorize.color import normalize_lab
from keras_colorize.color import resize
from keras_colorize.sampling import lanes
from keras_colorize.sampling import uniform_noise
from keras_colorize.sampling.lanes import LANES


def draw(
    model,
    sampler,
    photographs,
    num_samples,
    temperature,
    seed,
    batch_size,
    progress,
):
    """Draws the chroma of photographs, one after the other.

    Args:
        model: A `Colorizer`.
        sampler: Its sampler.
        photographs: list of arrays (H, W, 1 or 3).
        num_samples: int. Colourings of each.
        temperature: float.
        seed: int.
        batch_size: int. Colourings drawn at a time; groups of one photograph
            run on threads of their own.
        progress: Function of (rows done, rows in all), or None.

    Yields:
        For each photograph the chroma (num_samples, h, w, 2), normalised.
    """
    groups = lanes(num_samples)
    grids = [
        grid_of(*x.shape[:2], model.image_size, model.chroma_factor)
        for x in photographs
    ]
    rows = sum(height // model.chroma_factor for height, _ in grids)
    count = _Counter(progress, rows * len(groups)) if progress else None
    weights = sampler.fold()
    temperature = ops.convert_to_tensor(temperature, "float32")
    threads = min(len(groups), max(1, batch_size // LANES))
    for index, (photograph, grid) in enumerate(zip(photographs, grids)):
        inputs = _inputs(model, photograph, grid)
        prepared = tuple(
            ops.repeat(part, LANES, axis=0)
            for part in sampler.prepare(weights, inputs)
        )

        def draw_group(samples):
            noise = _noise(model, index, samples, grid, seed)
            return _draw_group(
                sampler, weights, prepared, noise, temperature, count
            )

        if threads == 1:
            drawn = [draw_group(samples) for samples in groups]
        else:
            with concurrent.futures.ThreadPoolExecutor(threads) as pool:
                drawn = list(pool.map(draw_group, groups))
        yield np.concatenate(drawn)[:num_samples]


def grid_of(height, width, image_size, factor):
    """The model's gray grid for a photograph: its proportions, about
    `image_size` squared pixels, both sides multiples of `factor`."""
    scale = image_size / math.sqrt(height * width)
    return tuple(
        factor * max(1, round(size * scale / factor))
        for size in (height, width)
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


def _inputs(model, photograph, grid):
    """What one photograph gives the network that is sampled."""
    lightness = luminance(photograph)[None]
    gray = resize(lightness, *grid)
    gray = normalize_lab(ops.repeat(gray, 3, axis=-1))[..., :1]
    small = downsample(gray, model.chroma_factor, model.chroma_method)
    return model.sampling_inputs(model.encode(gray), small)


def _noise(model, photograph, samples, grid, seed):
    """The noise of a photograph's samples, `(B, h, w, num_noise)`."""
    height, width = (size // model.chroma_factor for size in grid)
    shape = (height, width, model.head.num_noise)
    return ops.convert_to_tensor(
        np.stack([uniform_noise(seed, photograph, k, shape) for k in samples])
    )


def _draw_group(sampler, weights, prepared, noise, temperature, count):
    """Draws one group, in several calls if rows are to be counted."""
    fixed, state = sampler.begin(prepared, noise)
    height = noise.shape[1]
    calls = (sampler.calls_an_image or height) if count else 1
    size = -(-height // calls)
    for start in range(0, height, size):
        stop = min(start + size, height)
        state = sampler.sample_rows(
            weights,
            fixed,
            temperature,
            state,
            ops.convert_to_tensor(start, "int32"),
            ops.convert_to_tensor(stop, "int32"),
        )
        if count:
            count.add(stop - start)
    return sampler.image(state)
