"""Drawing the chroma of photographs on the model's grid."""

import collections
import concurrent.futures
import math
import os

import numpy as np

from keras_colorize.models.group_drawing import GroupDrawing
from keras_colorize.sampling import lane_count
from keras_colorize.sampling import lanes


def draw(
    model,
    sampler,
    photographs,
    hints,
    num_samples,
    temperature,
    seed,
    batch_size,
    progress,
    score,
):
    """Draws the chroma of photographs, in groups that run on threads.

    Args:
        model: A `Colorizer`.
        sampler: Its sampler.
        photographs: list of arrays (H, W, 1 or 3).
        hints: list of `Hints` or None, one for each photograph.
        num_samples: int. Colorings of each.
        temperature: float, or one for each channel.
        seed: int.
        batch_size: int or None. Colorings drawn at a time.
        progress: Function of (rows done, rows in all), or None.
        score: bool. Whether to compute the samples' log-likelihood.

    Yields:
        For each photograph the chroma (num_samples, h, w, 2), normalized, and
        the log-likelihood in bits, (num_samples,), or None.
    """
    grids = [
        grid_of(*x.shape[:2], model.image_size, model.chroma_factor)
        for x in photographs
    ]
    groups = lanes(num_samples)
    rows = sum(height // model.chroma_factor for height, _ in grids)
    drawing = GroupDrawing(
        model,
        sampler,
        temperature,
        seed,
        score,
        progress,
        rows * len(groups),
    )
    threads = _threads(batch_size, len(groups) * len(photographs))
    pool = concurrent.futures.ThreadPoolExecutor(threads)
    waiting = collections.deque()
    try:
        for index, photograph in enumerate(photographs):
            subject = drawing.prepare(
                index, photograph, grids[index], hints[index]
            )
            waiting.append(
                [pool.submit(drawing.draw, subject, group) for group in groups]
            )
            # No more photographs at a time than keep the threads busy.
            while len(waiting) * len(groups) > threads:
                yield joined(waiting.popleft(), num_samples)
        while waiting:
            yield joined(waiting.popleft(), num_samples)
    finally:
        pool.shutdown(cancel_futures=True)


def _threads(batch_size, num_groups):
    """How many groups are drawn at a time."""
    if batch_size is None:
        wanted = os.cpu_count() or 1
    else:
        wanted = max(1, batch_size // lane_count())
    return min(wanted, num_groups)


def joined(futures, num_samples):
    """A photograph's chroma and log-likelihood, from those of its groups."""
    chroma, bits = zip(*[future.result() for future in futures])
    if bits[0] is not None:
        bits = np.concatenate(bits)[:num_samples]
    else:
        bits = None
    return np.concatenate(chroma)[:num_samples], bits


def grid_of(height, width, image_size, factor):
    """The model's gray grid for a photograph: its proportions, about
    `image_size` squared pixels, both sides multiples of `factor`."""
    scale = image_size / math.sqrt(height * width)
    return tuple(
        factor * max(1, round(size * scale / factor))
        for size in (height, width)
    )
