"""Bits per dimension of a model, and of baselines that ignore the image."""

import math

import numpy as np
from keras import ops

from keras_colorize.evaluation.report import Number
from keras_colorize.evaluation.report import result_of
from keras_colorize.metrics import BitsPerDimension

_BATCH = 64


def likelihood_numbers(model, images, training_images, progress):
    """How likely a model finds the colors of images.

    Args:
        model: `Colorizer` that supports `"likelihood"`.
        images: uint8 array (N, S, S, 3) on the model's grid.
        training_images: uint8 array (M, S, S, 3) or None. The histogram of
            their chroma is a baseline: joint over channels, the same for every
            pixel, each bin counted once more than it occurs.
        progress: Function of (images done, images in all).

    Returns:
        A dictionary of `Number`: `bits_per_dim` and, for each other
        distribution of the model, `bits_per_dim_<name>`.
    """
    dimensions = math.prod(chroma_of(model, images[:1]).shape[1:])
    measures = {}
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        for name, bits in model.log_likelihoods(batch).items():
            measure = measures.setdefault(name, BitsPerDimension(dimensions))
            measure.update_state(bits)
        progress(start + len(batch), len(images))
    numbers = {}
    for name, measure in measures.items():
        is_model = name == "model"
        key = "bits_per_dim" if is_model else f"bits_per_dim_{name}"
        numbers[key] = Number(
            "bits per dimension" + ("" if is_model else f", {name} alone"),
            *result_of(measure),
            unit="bits",
            better="lower",
        )
    bins = model.head.num_bins
    baselines = numbers["bits_per_dim"].baselines
    baselines["uniform"] = (math.log2(bins), None)
    if training_images is not None:
        bits = histogram_bits(
            _bins(model, training_images),
            _bins(model, images),
            bins**model.head.channels,
        )
        measure = BitsPerDimension(dimensions)
        measure.update_state(-bits)
        baselines["histogram of training images"] = result_of(measure)
    return numbers


def chroma_of(model, images):
    """What a model models of images: (B, h, w, channels) in [-1, 1]."""
    return ops.convert_to_numpy(model.targets(images)["chroma"])


def histogram_bits(training, bins, num_bins):
    """-log2 p of images under a histogram.

    Args:
        training: int array (M, pixels). The bins to count. Each bin is counted
            once more than it occurs, so that none is impossible.
        bins: int array (N, pixels). The bins of the images.
        num_bins: int.

    Returns:
        An array (N,): the bits of each image.
    """
    counts = 1.0 + np.bincount(training.ravel(), minlength=num_bins)
    bits = -np.log2(counts / counts.sum())
    return bits[bins].sum(1)


def _bins(model, images):
    """Each pixel's bin, (N, pixels): one number for all its channels."""
    found = []
    size = model.head.num_bins
    for start in range(0, len(images), _BATCH):
        chroma = chroma_of(model, images[start : start + _BATCH])
        index = np.rint((chroma + 1) / 2 * (size - 1)).astype(int)
        index = np.clip(index, 0, size - 1)
        index = index.reshape(len(index), -1, index.shape[-1])
        powers = size ** np.arange(index.shape[-1])[::-1]
        found.append(index @ powers)
    return np.concatenate(found)
