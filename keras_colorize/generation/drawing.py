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
from keras_colorize.generation.rendering import Luminance

# On a CPU larger groups are hardly faster. On an accelerator a pixel of many
# samples takes as long as a pixel of one sample.
_GROUP_ON_CPU = 5
_GROUP_ON_ACCELERATOR = 32


def draw(model, photographs, hints, request, progress=None):
    """Draws the chroma of photographs, in groups of samples on threads.

    All groups have one size; the last group is filled up with more samples. So
    one program draws all samples, and sample k has the same place in its group
    for any number of samples. Other shapes and places would round differently.

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
            # Only as many photographs at a time as keep the threads busy.
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
        of samples, given by their numbers.
    """
    space = model.color_space
    luminance = Luminance(space, pixels)
    if hints is not None:
        hints = hints.to_space(space, luminance[:])
    gray = model.gray_picture(luminance)
    key = photograph_key(ops.convert_to_numpy(gray)[0] / space.white)
    context = model.encode(space.normalize_luminance(gray))
    like = request.like
    if like is not None:
        matched = model.match(context, like, grid)
        if matched is not None:
            context, like = matched, None
    shape = model.noise_shape(grid)
    if hints is not None:
        on_grid = ops.convert_to_tensor(hints.on_grid(space, *grid))
        request = dataclasses.replace(request, hints_on_grid=on_grid)
    request = dataclasses.replace(request, photograph_key=key)

    def draw_group(samples):
        noise = np.stack(
            [uniform_noise(request.seed, key, k, shape) for k in samples]
        )
        with counter.group(grid[0]) as count_rows:
            own = dataclasses.replace(
                request, samples=samples, count_rows=count_rows
            )
            chroma, bits = model.draw(
                context, ops.convert_to_tensor(noise), own
            )
        return ops.convert_to_numpy(chroma), bits

    return DrawnPhotograph(luminance, hints, like=like), draw_group


def group_size():
    """The number of samples in a group, on the device that Keras uses."""
    device = str(ops.zeros(()).device).lower()
    return _GROUP_ON_CPU if "cpu" in device else _GROUP_ON_ACCELERATOR


def photograph_key(luminance):
    """The number of a photograph from which its noise is made.

    It is a hash of the grid's size and of the luminance, shrunk to at most 8x8
    and rounded. So a photograph has the same key at another bit depth and on
    another backend, where luminance differs in the last digits.

    Args:
        luminance: Array `(H, W, 1)` in [0, 1], on the model's grid.

    Returns:
        An integer of 64 bits.
    """
    height, width = luminance.shape[:2]
    rows, columns = min(height, 8), min(width, 8)
    coarse = ops.convert_to_numpy(resize(luminance, rows, columns))
    # The offset keeps round values, common in drawings, away from the steps.
    levels = np.floor(100.0 * coarse + 0.37).astype("int16")
    text = levels.tobytes() + np.int32([height, width]).tobytes()
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "little")


def uniform_noise(seed, key, sample, shape):
    """Uniform noise that depends only on seed, photograph and sample.

    NumPy makes the noise, so it is the same on every backend.

    Args:
        seed: int. At least 0.
        key: int. From `photograph_key`.
        sample: int. Number of the sample.
        shape: tuple of ints.

    Returns:
        A float32 array in [0, 1).
    """
    sequence = np.random.SeedSequence((seed, key, sample))
    generator = np.random.Generator(np.random.Philox(sequence))
    return generator.random(shape, dtype="float32")


class _Counter:
    """Counts drawn rows, and calls `progress` from one thread at a time."""

    def __init__(self, progress, total):
        self._progress = progress
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def group(self, rows):
        """Counts the rows of a group. Uncounted rows are counted at the end.

        Yields:
            The `count_rows` of a `Request`.
        """
        if self._progress is None:
            yield None
            return
        left = rows

        def count(number):
            nonlocal left
            left -= number
            self._add(number)

        yield count
        if left:
            self._add(left)

    def _add(self, rows):
        with self._lock:
            self._done += rows
            self._progress(self._done, self._total)
