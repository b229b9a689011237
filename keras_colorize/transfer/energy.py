"""Matches the mean of many histograms to a given one."""

import functools

from keras import ops

from keras_colorize.sampling import compiled


def energy(log_probs, bias, histogram, weight=10.0):
    """The energy of biased histograms (Larsson et al. 2016, equation 5).

    Pixel n has the histogram p_n and, with a bias b, the histogram q_n =
    softmax(log p_n + b). With the mean m of all q_n and the target t, the
    energy is mean_n KL(q_n || p_n) + weight sum_k (m_k - t_k)^2 / (m_k + t_k).

    Args:
        log_probs: Array or tensor `(N, channels, bins)`. log p.
        bias: Array or tensor `(channels, bins)`. b.
        histogram: Array or tensor `(channels, bins)`. t: rows sum to 1.
        weight: float. The paper does not give its weight.

    Returns:
        A float32 tensor `(channels,)`.
    """
    log_probs, bias, histogram = (
        ops.convert_to_tensor(x, "float32")
        for x in (log_probs, bias, histogram)
    )
    return _energy_and_gradient(log_probs, bias, histogram, weight)[0]


def minimize_energy(log_probs, histogram, weight=10.0, steps=500):
    """Finds the bias of least `energy` by gradient descent from 0.

    Channels are independent. The rate is 1. A step that would not lower the
    energy by half of what the gradient promises is not taken, and halves the
    rate. So the energy never rises.

    Args:
        log_probs: See `energy`.
        histogram: See `energy`.
        weight: See `energy`.
        steps: int.

    Returns:
        The bias, a float32 tensor `(channels, bins)`.
    """
    log_probs, histogram, weight = (
        ops.convert_to_tensor(x, "float32")
        for x in (log_probs, histogram, weight)
    )
    steps = ops.convert_to_tensor(steps, "int32")
    return _minimizing()(log_probs, histogram, weight, steps)


@functools.cache
def _minimizing():
    def minimize(log_probs, histogram, weight, steps):
        def at(bias):
            return _energy_and_gradient(log_probs, bias, histogram, weight)

        def step(_, state):
            bias, rate, lowest, gradient = state
            new = bias - rate[:, None] * gradient
            value, new_gradient = at(new)
            # Steps that are too long end where the gradient vanishes.
            promised = rate * ops.sum(gradient * gradient, axis=-1)
            lower = value < lowest - 0.5 * promised
            chosen = lower[:, None]
            return (
                ops.where(chosen, new, bias),
                ops.where(lower, rate, 0.5 * rate),
                ops.where(lower, value, lowest),
                ops.where(chosen, new_gradient, gradient),
            )

        bias = ops.zeros_like(histogram)
        start = (bias, ops.ones_like(bias[:, 0]), *at(bias))
        return ops.fori_loop(0, steps, step, start)[0]

    return compiled(minimize)


def _energy_and_gradient(log_probs, bias, histogram, weight):
    log_q = ops.log_softmax(log_probs + bias, axis=-1)
    q = ops.exp(log_q)
    mean = ops.mean(q, axis=0)
    difference = mean - histogram
    # A bin that is empty in both adds nothing.
    total = ops.maximum(mean + histogram, 1e-30)
    divergence = ops.sum(q * (log_q - log_probs), axis=-1)
    distance = ops.sum(difference * difference / total, axis=-1)
    value = ops.mean(divergence, axis=0) + weight * distance
    # The derivative by q_n, but for terms that are equal in all bins.
    slope = bias + weight * (difference / total) * (
        (mean + 3.0 * histogram) / total
    )
    inner = ops.sum(q * slope, axis=-1, keepdims=True)
    return value, ops.mean(q * (slope - inner), axis=0)
