"""The losses of `ColorFieldVAE` (Deshpande et al. 2017, section 3.1)."""

from keras import ops

from keras_colorize.color.cic_bins import color_weights
from keras_colorize.models.mdn.fields import SCALE

# The smallest variance of a code whose logarithm is taken.
_LEAST_VARIANCE = 1e-6


def color_loss(target, error, rarity):
    """The sum of squared errors, each weighted by how rare its color is.

    Args:
        target: Tensor `(B, S, S, 2)`. The field: a / 128 and b / 128.
        error: Tensor `(B, S, S, 2)`.
        rarity: See `keras_colorize.color.cic_bins.bin_weights`.

    Returns:
        A tensor `(B,)`.
    """
    weights = color_weights(SCALE * target, rarity)
    return ops.sum(weights[..., None] * error * error, axis=(1, 2, 3))


def mahalanobis_loss(error, components, variances):
    """The squared Mahalanobis distance on principal components.

    The rest, outside the components, is divided by the last variance.

    Args:
        error: Tensor `(B, S, S, 2)`.
        components: Tensor `(K, S, S, 2)`, orthonormal.
        variances: Tensor `(K,)`, descending.

    Returns:
        A tensor `(B,)`.
    """
    count = components.shape[0]
    rows = ops.reshape(components, (count, -1))
    error = ops.reshape(error, (-1, rows.shape[1]))
    projections = ops.matmul(error, ops.transpose(rows))
    rest = error - ops.matmul(projections, rows)
    return (
        ops.sum(projections * projections / variances, axis=-1)
        + ops.sum(rest * rest, axis=-1) / variances[-1]
    )


def gradient_loss(error):
    """The sum of squared differences between neighbors, `(B,)`."""
    vertical = error[:, 1:] - error[:, :-1]
    horizontal = error[:, :, 1:] - error[:, :, :-1]
    return ops.sum(vertical * vertical, axis=(1, 2, 3)) + ops.sum(
        horizontal * horizontal, axis=(1, 2, 3)
    )


def released_gradient_loss(error):
    """The same without the last row and column of the differences."""
    corner = error[:, :-1, :-1]
    vertical = error[:, 1:, :-1] - corner
    horizontal = error[:, :-1, 1:] - corner
    squares = vertical * vertical + horizontal * horizontal
    return ops.sum(squares, axis=(1, 2, 3))


def kl_loss(mean, log_variance):
    """The divergence of codes `(B, d)` from a standard normal, in nats."""
    variance = ops.exp(log_variance)
    log_variance = ops.log(ops.maximum(variance, _LEAST_VARIANCE))
    terms = mean * mean + variance - log_variance - 1.0
    return 0.5 * ops.sum(terms, axis=-1)


def root(squares):
    """The square root, with a gradient of 0 at 0."""
    is_zero = squares <= 0.0
    return ops.where(is_zero, 0.0, ops.sqrt(ops.where(is_zero, 1.0, squares)))
