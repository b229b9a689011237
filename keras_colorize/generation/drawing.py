"""Drawing the chroma of photographs on the model's grid."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import hashlib
import os
import threading

import numpy as np
from keras import ops

from keras_colorize.color import resize
from keras_colorize.generation.rendering import DrawnPhotograph
from keras_colorize.generation.rendering import luminance_of

# On a CPU more samples gain little together. On an accelerator the steps of a
# pixel take as long for many samples as for one.
_GROUP_ON_CPU = 5
_GROUP_ON_ACCELERATOR = 32


def draw(model, photographs, hints, request, progress=None):
    """Draws the chroma of photographs, in groups of samples on threads.

    Groups have one size, and the last one is filled up. So one program draws
    every sample, and sample k takes the same place in its group however many
    are drawn: other shapes and places round in other ways.

    Args:
        model: `Colorizer`.
        photographs: list of arrays `(H, W, 1 or 3)`.
        hints: list of `Hints` or None, one for each photograph.
        request: `Request`.
        progress: Function of (rows done, rows in all), or None.

    Yields:
        A `DrawnPhotograph` for each photograph, in order.
    """
    size = min(group_size(), request.batch_size or group_size())
    starts = range(0, request.num_samples, size)
    grids = [model.grid_of(*photo.shape[:2]) for photo in photographs]
    counter = _Counter(
        progress, len(starts) * sum(height for height, _ in grids)
    )
    threads = (request.batch_size or os.cpu_count() * size) // size
    threads = min(threads, len(starts) * len(photographs))
    pool = concurrent.futures.ThreadPoolExecutor(threads)
    waiting = collections.deque()

    def finish():
        photograph, futures = waiting.popleft()
        chroma, bits = zip(*[future.result() for future in futures])
        chroma = np.concatenate(chroma)[: request.num_samples]
        space = model.color_space
        photograph.chroma = ops.convert_to_numpy(space.denormalize(chroma))
        if bits[0] is not None:
            bits = np.concatenate([ops.convert_to_numpy(part) for part in bits])
            photograph.log_likelihood = bits[: request.num_samples]
        return photograph

    try:
        for pixels, hint, grid in zip(photographs, hints, grids):
            photograph, draw_group = _prepare(
                model, pixels, hint, grid, request, counter
            )
            groups = [range(start, start + size) for start in starts]
            waiting.append(
                (photograph, [pool.submit(draw_group, g) for g in groups])
            )
            # No more photographs at a time than keep the threads busy.
            while len(waiting) * len(groups) > threads:
                yield finish()
        while waiting:
            yield finish()
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare(model, pixels, hints, grid, request, counter):
    """Computes what all samples of a photograph share.

    Returns:
        A `DrawnPhotograph` without chroma, and a function that draws a group
        of samples.
    """
    space = model.color_space
    luminance = luminance_of(space, pixels)
    if hints is not None:
        hints = hints.to_space(space, luminance)
    factor = model.chroma_factor
    gray = resize(luminance[None], *(factor * side for side in grid))
    key = photograph_key(ops.convert_to_numpy(gray)[0] / space.white)
    context = model.encode(space.normalize_luminance(gray))
    shape = model.noise_shape(grid)
    on_grid = None
    if hints is not None:
        on_grid = ops.convert_to_tensor(hints.on_grid(space, *grid))
    request = dataclasses.replace(request, hints=on_grid)

    def draw_group(samples):
        noise = np.stack(
            [uniform_noise(request.seed, key, k, shape) for k in samples]
        )
        with counter.group(grid[0]) as count_rows:
            own = dataclasses.replace(request, count_rows=count_rows)
            chroma, bits = model.draw(
                context, ops.convert_to_tensor(noise), own
            )
        return ops.convert_to_numpy(chroma), bits

    return DrawnPhotograph(luminance, hints), draw_group


def group_size():
    """How many samples one program draws, on the device that Keras uses."""
    device = str(ops.zeros(()).device).lower()
    return _GROUP_ON_CPU if "cpu" in device else _GROUP_ON_ACCELERATOR


def photograph_key(luminance):
    """A number that stands for a photograph wherever noise is made.

    Photographs that look different have different keys. The same photograph
    has the same key at another depth or on another backend, whose rounding
    differs: so a coarse picture of it is hashed.

    Args:
        luminance: Array `(H, W, 1)` in [0, 1], on the model's grid.

    Returns:
        An integer of 64 bits.
    """
    height, width = luminance.shape[:2]
    rows, columns = min(height, 8), min(width, 8)
    coarse = ops.convert_to_numpy(resize(luminance, rows, columns))
    # An offset keeps round values, as of drawings, off the rounding's edges.
    levels = np.floor(100.0 * coarse + 0.37).astype("int16")
    text = levels.tobytes() + np.int32([height, width]).tobytes()
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "little")


def uniform_noise(seed, key, sample, shape):
    """Uniform noise that depends on (seed, photograph, sample) alone.

    NumPy's counter-based Philox generator gives the same on every backend.

    Args:
        seed: int. Not negative.
        key: int. From `photograph_key`.
        sample: int. Index of the sample.
        shape: tuple of ints.

    Returns:
        A float32 array in [0, 1).
    """
    sequence = np.random.SeedSequence((seed, key, sample))
    generator = np.random.Generator(np.random.Philox(sequence))
    return generator.random(shape, dtype="float32")


class _Counter:
    """Counts rows for `progress`, which one thread calls at a time."""

    def __init__(self, progress, total):
        self._progress = progress
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def group(self, rows):
        """Counts the rows of a group, at the latest when it is drawn.

        Yields:
            A function of the number of rows that were drawn since its last
            call, or None if nobody wants to know.
        """
        if self._progress is None:
            yield None
            return
        counted = []

        def count(number):
            counted.append(number)
            self._add(number)

        yield count
        if sum(counted) < rows:
            self._add(rows - sum(counted))

    def _add(self, rows):
        with self._lock:
            self._done += rows
            self._progress(self._done, self._total)
