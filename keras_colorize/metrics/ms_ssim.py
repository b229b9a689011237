"""Multi-scale structural similarity between samples of one image."""

import itertools
import math

import numpy as np
from keras import ops

# Exponents of the scales, finest first (Wang et al. 2003, section 3.2).
_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# Window and constants of SSIM (Wang et al. 2004, section III.C).
WINDOW = 11
_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2


def num_scales(height, width):
    """How many of the five scales fit into an image.

    The coarsest scale must hold a window of 11 pixels: 5 scales need 176
    pixels on the shorter side; 64 pixels hold 3 scales, 32 pixels 2.
    """
    shorter = min(height, width)
    if shorter < WINDOW:
        raise ValueError(
            f"Images are {height} by {width} pixels. Expected at least "
            f"{WINDOW} by {WINDOW}, the window of SSIM."
        )
    return min(len(_EXPONENTS), 1 + int(math.log2(shorter / WINDOW)))


def pairwise_ms_ssim(samples):
    """MS-SSIM of all pairs of samples (Wang et al. 2003, equation 7).

    The window of SSIM is a Gaussian of 11 pixels with standard deviation 1.5
    that stays inside the image. Each scale averages 2 by 2 pixels of the scale
    before. Images too small for five scales get fewer scales, with exponents
    scaled to sum to 1. Negative means of contrast and structure count as 0.
    The result is the mean over R, G and B.

    Args:
        samples: Float tensor `(B, K, H, W, 3)` in [0, 1], K at least 2.

    Returns:
        A float32 tensor `(B, K (K - 1) / 2)` of values in [0, 1].
    """
    scales = num_scales(*samples.shape[2:4])
    exponents = np.array(_EXPONENTS[:scales]) / sum(_EXPONENTS[:scales])
    pairs = list(itertools.combinations(range(samples.shape[1]), 2))
    first, second = (np.array(side, "int32") for side in zip(*pairs))
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


def _compare(samples, first, second):
    """The luminance map of SSIM, and its map of contrast and structure."""
    means = _smooth(samples)
    variances = _smooth(ops.square(samples)) - ops.square(means)
    x, y = (ops.take(samples, side, axis=1) for side in (first, second))
    mean_x, mean_y = (ops.take(means, side, axis=1) for side in (first, second))
    both = ops.take(variances, first, axis=1) + ops.take(
        variances, second, axis=1
    )
    covariance = _smooth(x * y) - mean_x * mean_y
    luminance = (2.0 * mean_x * mean_y + _C1) / (
        ops.square(mean_x) + ops.square(mean_y) + _C1
    )
    return luminance, (2.0 * covariance + _C2) / (both + _C2)


def _smooth(images):
    """Gaussian means over windows inside the image, rows then columns.

    Sums instead of convolutions: a GPU may round convolutions to TF32, which
    is too coarse for differences of squares.
    """
    distance = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-(distance**2) / (2.0 * _SIGMA**2))
    weights = [float(weight) for weight in weights / weights.sum()]
    rows = images.shape[2] - WINDOW + 1
    columns = images.shape[3] - WINDOW + 1
    images = sum(w * images[:, :, i : i + rows] for i, w in enumerate(weights))
    return sum(
        w * images[:, :, :, i : i + columns] for i, w in enumerate(weights)
    )


def _halved(images):
    height, width = (2 * (side // 2) for side in images.shape[2:4])
    images = images[:, :, :height, :width]
    images = images[:, :, ::2] + images[:, :, 1::2]
    return (images[:, :, :, ::2] + images[:, :, :, 1::2]) / 4.0
