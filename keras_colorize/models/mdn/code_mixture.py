"""The mixture of Gaussians that a mixture density network predicts."""

import math

from keras import ops


def mixture_log_prob(codes, logits, means, variance):
    """The log-density of codes, in nats.

    Args:
        codes: Tensor `(B, d)`.
        logits: Tensor `(B, K)`. Of the weights of components.
        means: Tensor `(B, K, d)`.
        variance: float. Of every component, the same in all directions.

    Returns:
        A tensor `(B,)`.
    """
    size = means.shape[-1]
    log_prob = ops.log_softmax(logits, axis=-1) - _squares(codes, means) / (
        2.0 * variance
    )
    normalizer = 0.5 * size * math.log(2.0 * math.pi * variance)
    return ops.logsumexp(log_prob, axis=-1) - normalizer


def nearest_component_losses(codes, logits, means, variance):
    """The loss of the component whose mean is nearest to the code.

    Deshpande et al. (2017), equation 7, without its constant. Of two equally
    near components it is the first.

    Args:
        codes: Tensor `(B, d)`.
        logits: Tensor `(B, K)`.
        means: Tensor `(B, K, d)`.
        variance: float.

    Returns:
        Two tensors `(B,)`: -log of the component's weight, and the squared
        distance divided by twice the variance.
    """
    squares = _squares(codes, means)
    nearest = ops.one_hot(
        ops.argmin(squares, axis=-1), means.shape[1], dtype=logits.dtype
    )
    log_weights = ops.log_softmax(logits, axis=-1)
    return (
        -ops.sum(nearest * log_weights, axis=-1),
        ops.sum(nearest * squares, axis=-1) / (2.0 * variance),
    )


def mixture_sample(noise, weights, means, variance):
    """Draws codes from one mixture.

    Args:
        noise: Tensor `(B, 1 + d)`, uniform in [0, 1). The first number chooses
            the component.
        weights: Tensor `(1, K)`.
        means: Tensor `(1, K, d)`.
        variance: float.

    Returns:
        A tensor `(B, d)`.
    """
    count = means.shape[1]
    below = ops.cumsum(weights, axis=-1)
    # The sum is 1 but for rounding.
    level = noise[:, :1] * below[:, -1:]
    index = ops.sum(ops.cast(below <= level, "int32"), axis=-1)
    index = ops.minimum(index, count - 1)
    chosen = ops.take(means[0], index, axis=0)
    return chosen + math.sqrt(variance) * standard_normal(noise[:, 1:])


def standard_normal(uniform):
    """Standard normal numbers from uniform ones in [0, 1)."""
    uniform = ops.clip(uniform, 1e-6, 1.0 - 1e-6)
    return math.sqrt(2.0) * ops.erfinv(2.0 * uniform - 1.0)


def _squares(codes, means):
    return ops.sum(ops.square(codes[:, None] - means), axis=-1)
