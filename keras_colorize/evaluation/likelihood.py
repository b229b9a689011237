"""Bits per dimension of a model, and of baselines that ignore the image."""

import math

import numpy as np
from keras import ops

from keras_colorize.evaluation.report import Number
from keras_colorize.evaluation.report import result_of
from keras_colorize.metrics import BitsPerDimension

_BATCH = 64


def likelihood_numbers(model, images, training_images, progress):
    """The bits per dimension of a model and of baselines, by name.

    The `Number` of the model is `bits_per_dim`. Each other distribution of the
    model has `bits_per_dim_<name>`. The images are uint8 arrays (N, S, S, 3)
    on the model's grid. The histogram of the chroma of the training images, if
    any, is a baseline: joint over channels and the same for every pixel.
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
        key, title = f"bits_per_dim_{name}", f"bits per dimension, {name} alone"
        if name == "model":
            key, title = "bits_per_dim", "bits per dimension"
        value = result_of(measure)
        numbers[key] = Number(title, *value, better="lower", unit="bits")
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


def bound_numbers(model, images, progress):
    """The upper bound of a model's bits per dimension, by name.

    For models without a likelihood but with `lower_bounds`. The images are
    uint8 arrays (N, S, S, 3).
    """
    dimensions = math.prod(model.grid_of(*images.shape[1:3])) * 2
    measure = BitsPerDimension(dimensions)
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        measure.update_state(model.lower_bounds(batch))
        progress(start + len(batch), len(images))
    title = "bits per dimension, at most (ELBO)"
    number = Number(title, *result_of(measure), better="lower", unit="bits")
    return {"bits_per_dim_bound": number}


def chroma_of(model, images):
    """The chroma of images on a model's grid, (B, h, w, 2) in [-1, 1]."""
    return ops.convert_to_numpy(model.targets(images)["chroma"])


def histogram_bits(training, bins, num_bins):
    """The bits -log2 p (N,) of images with bins (N, pixels) under a histogram.

    The histogram is that of the bins `training`, (M, pixels). Each bin is
    counted once more than it occurs, so that none is impossible.
    """
    counts = 1.0 + np.bincount(training.ravel(), minlength=num_bins)
    bits = -np.log2(counts / counts.sum())
    return bits[bins].sum(1)


def _bins(model, images):
    """The bin of each pixel, (N, pixels): one number for all channels."""
    size = model.head.num_bins
    powers = size ** np.arange(model.head.channels)[::-1]
    found = []
    for start in range(0, len(images), _BATCH):
        chroma = chroma_of(model, images[start : start + _BATCH])
        index = np.rint((chroma + 1) / 2 * (size - 1)).astype(int)
        found.append(np.clip(index, 0, size - 1) @ powers)
    return np.concatenate(found).reshape(len(images), -1)
