"""Bits per dimension of a model and of baselines that do not look."""

import numpy as np
from keras import ops

from keras_colorize.evaluation.number import Number
from keras_colorize.evaluation.number import finite
from keras_colorize.metrics import BitsPerDimension

_BATCH = 64
_TITLE = "bits per dimension"


def likelihood_numbers(model, images, training_images, progress):
    """How likely a model finds the colors of images.

    Args:
        model: `Colorizer`.
        images: uint8 array (N, S, S, 3) on the model's grid.
        training_images: Another, or None: the baseline is the histogram of
            their chroma, joint over channels, the same for every pixel, in
            which every bin is counted once more than it is found.
        progress: Function of (done, in all).

    Returns:
        A dictionary of `Number`: `bits_per_dim` and, for each other
        distribution that the model gives, `bits_per_dim_<name>`.
    """
    side = images.shape[1] // model.chroma_factor
    dimensions = side * side * model.head.channels
    measures = {}
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        for name, bits in model.log_likelihoods(batch, _BATCH).items():
            measure = measures.setdefault(name, BitsPerDimension(dimensions))
            measure.update_state(bits)
        progress(min(start + _BATCH, len(images)), len(images))
    baselines = {"uniform": (float(np.log2(model.head.num_bins)), None)}
    if training_images is not None:
        bits = histogram_bits(
            _bins(model, training_images),
            _bins(model, images),
            model.head.num_bins**model.head.channels,
        )
        measure = BitsPerDimension(dimensions)
        measure.update_state(-bits)
        baselines["histogram of training images"] = _pair(measure)
    numbers = {}
    for name, measure in measures.items():
        value, error = _pair(measure)
        is_model = name == "model"
        key = "bits_per_dim" if is_model else f"bits_per_dim_{name}"
        numbers[key] = Number(
            title=_TITLE if is_model else f"{_TITLE}, {name} alone",
            value=value,
            standard_error=error,
            unit="bits",
            better="lower",
            baselines=baselines if is_model else {},
        )
    return numbers


def histogram_bits(training, bins, num_bins):
    """-log2 p of images under a histogram.

    Args:
        training: int array (M, pixels). Bins of what is counted, to which one
            of each is added, so that none is impossible.
        bins: int array (N, pixels).
        num_bins: int.

    Returns:
        An array (N,): bits an image.
    """
    counts = 1.0 + np.bincount(training.ravel(), minlength=num_bins)
    bits = -np.log2(counts / counts.sum())
    return bits[bins].sum(1)


def _bins(model, images):
    """The bin of each pixel's chroma, its channels' bins as one number."""
    found = []
    size = model.head.num_bins
    for start in range(0, len(images), _BATCH):
        targets = model.targets(images[start : start + _BATCH])
        chroma = ops.convert_to_numpy(targets["chroma"])
        index = np.rint((chroma + 1) / 2 * (size - 1)).astype(int)
        index = np.clip(index, 0, size - 1)
        index = index.reshape(len(index), -1, index.shape[-1])
        powers = size ** np.arange(index.shape[-1])[::-1]
        found.append(index @ powers)
    return np.concatenate(found)


def _pair(measure):
    return finite(measure.result()), finite(measure.standard_error())
