"""Diversity of the colorings of an image."""

import itertools
import math

import keras
import numpy as np
from keras import ops

from keras_colorize.metrics.mean_over_images import MeanOverPictures
from keras_colorize.metrics.samples import to_several

# Exponents of the scales, finest first (Wang et al. 2003, section 3.2).
_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# Window and constants of SSIM (Wang et al. 2004, section III.C).
WINDOW = 11
_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2


@keras.saving.register_keras_serializable(package="keras_colorize")
class Diversity(MeanOverPictures):
    """Mean MS-SSIM between pairs of colorings of an image.

    PixColor (Guadarrama et al. 2017, section 5.1 and Figure 8) measures
    diversity by the multi-scale structural similarity of pairs (Wang,
    Simoncelli and Bovik 2003, equation 7), here the mean over R, G and B. The
    window of SSIM is a Gaussian with standard deviation 1.5 that stays inside
    the image. Negative means of contrast and structure count as 0.

    The metric is the mean over the pairs of an image, then over images. In
    [0, 1]: 1 if all colorings are the same, lower if they are more diverse.
    Colorings of an image share its luminance, so values are near 1: most pairs
    of PixColor are between 0.95 and 0.99.

    The five scales of Wang et al. need 176 pixels on the shorter side. Smaller
    images get as many scales as hold a window of 11 pixels (3 scales at 64
    pixels, 2 at 32), with exponents scaled to sum to 1. Compare only values of
    the same image size.
    """

    def values(self, images):
        """The mean MS-SSIM of each image's pairs, `(B,)`."""
        return ops.mean(self.pairs(images), axis=1)

    def pairs(self, images):
        """The MS-SSIM of each pair of colorings, `(B, K (K - 1) / 2)`.

        Pairs are in the order of `itertools.combinations`.
        """
        samples = to_several(images)
        scales = num_scales(*samples.shape[2:4])
        exponents = np.array(_EXPONENTS[:scales]) / sum(_EXPONENTS[:scales])
        pairs = list(itertools.combinations(range(samples.shape[1]), 2))
        first, second = np.array(pairs, "int32").T
        product = 1.0
        for scale, exponent in enumerate(exponents):
            if scale:
                samples = _halved(samples)
            luminance, structure = _compare(samples, first, second)
            if scale == scales - 1:
                structure = luminance * structure
            similarity = ops.mean(structure, axis=(2, 3))
            product = product * ops.maximum(similarity, 0.0) ** float(exponent)
        return ops.mean(product, axis=-1)


def num_scales(height, width):
    """The number of scales, 1 to 5, that fit into an image."""
    shorter = min(height, width)
    if shorter < WINDOW:
        raise ValueError(
            f"Images are {height} by {width} pixels. Expected at least "
            f"{WINDOW} by {WINDOW}, the window of SSIM."
        )
    return min(len(_EXPONENTS), 1 + int(math.log2(shorter / WINDOW)))


def _compare(samples, first, second):
    """The luminance map of SSIM, and its map of contrast and structure."""
    means = _smooth(samples)
    variances = _smooth(ops.square(samples)) - ops.square(means)
    (x, y), (mean_x, mean_y), both = (
        [ops.take(values, side, axis=1) for side in (first, second)]
        for values in (samples, means, variances)
    )
    covariance = _smooth(x * y) - mean_x * mean_y
    luminance = (2.0 * mean_x * mean_y + _C1) / (
        ops.square(mean_x) + ops.square(mean_y) + _C1
    )
    return luminance, (2.0 * covariance + _C2) / (sum(both) + _C2)


def _smooth(images):
    """Gaussian means over windows inside the image, rows then columns.

    Sums instead of convolutions: a GPU may round convolutions to TF32, which
    is too coarse for differences of squares.
    """
    distance = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-(distance**2) / (2.0 * _SIGMA**2))
    weights = (weights / weights.sum()).tolist()
    rows, columns = (side - WINDOW + 1 for side in images.shape[2:4])
    images = sum(w * images[:, :, i : i + rows] for i, w in enumerate(weights))
    return sum(
        w * images[:, :, :, i : i + columns] for i, w in enumerate(weights)
    )


def _halved(images):
    height, width = (2 * (side // 2) for side in images.shape[2:4])
    images = images[:, :, :height, :width]
    images = images[:, :, ::2] + images[:, :, 1::2]
    return (images[:, :, :, ::2] + images[:, :, :, 1::2]) / 4.0
