"""Matches the quantiles of a photograph's colors to those of a reference."""

import numpy as np
from keras import ops

from keras_colorize.color.pixels import to_float

# A channel over the mean of the three channels is in [0, 3].
_LARGEST = 3.0
# Red, green and blue; bins so narrow that no rounding shows.
HISTOGRAM_SHAPE = (3, 3072)
# Values of a photograph that differ by less than a step count as equal.
_STEPS = 3 << 15
# Added to the lightness before the division.
_OFFSET = 1e-4


def color_histogram(rgb):
    """The histograms that `match_quantiles` takes, of RGB images.

    Each channel is divided by the lightness (R + G + B) / 3 of its pixel. The
    quotients, from 0 to 3, are counted in equal bins.

    Args:
        rgb: Array `(..., 3)`: uint8, uint16, or float in [0, 1].

    Returns:
        A float64 array of `HISTOGRAM_SHAPE`. Each row sums to 1.
    """
    rgb = ops.convert_to_numpy(to_float(rgb))
    return np.stack([_histogram(x) for x in _quotients(rgb)])


def match_quantiles(rgb, histogram):
    """Changes the colors of a photograph to those of a reference.

    Lightness-normalized quantile matching (Larsson et al. 2016, section 3.4).
    Each channel is divided by the lightness of its pixel and mapped by the
    increasing function that gives the quotients the histogram of the
    reference. Then the channels are multiplied by the lightness and clipped
    to [0, 1]. Last, one number is added to the three channels of each pixel,
    so that the pixel keeps its lightness (unless the sum is clipped).

    Args:
        rgb: Array `(..., 3)`: uint8, uint16, or float in [0, 1].
        histogram: Array `(3, bins)`. From `color_histogram`, or of other equal
            bins of [0, 3].

    Returns:
        A float32 array `(..., 3)` in [0, 1].
    """
    rgb = ops.convert_to_numpy(to_float(rgb))
    lightness = rgb.mean(axis=-1)
    matched = [
        _matched(values, target) * lightness
        for values, target in zip(_quotients(rgb), np.asarray(histogram))
    ]
    matched = np.clip(np.stack(matched, axis=-1), 0.0, 1.0)
    matched += (lightness - matched.mean(axis=-1))[..., None]
    return np.clip(matched, 0.0, 1.0).astype("float32")


def _quotients(rgb):
    lightness = rgb.mean(axis=-1) + _OFFSET
    return [rgb[..., channel] / lightness for channel in range(3)]


def _histogram(values):
    counts, _ = np.histogram(values, HISTOGRAM_SHAPE[1], (0.0, _LARGEST))
    return counts / counts.sum()


def _matched(values, target):
    index = np.int32(values * (_STEPS / _LARGEST))
    counts = np.bincount(index.ravel(), minlength=_STEPS)
    # Equal values have one quantile: the middle one.
    quantiles = (np.cumsum(counts) - 0.5 * counts) / values.size
    share = np.concatenate([[0.0], np.cumsum(target)])
    edges = np.linspace(0.0, _LARGEST, len(share))
    moved = np.interp(quantiles, share / share[-1], edges)
    return moved.astype("float32")[index]
