"""The mixture of discretized logistics in NumPy's float64 and SciPy."""

import dataclasses

import numpy as np
from scipy.special import expit
from scipy.special import logsumexp
from scipy.stats import logistic


@dataclasses.dataclass
class Mixture:
    """The parameters of pixels (...), by name.

    log_weights and the rest are (..., components); `from_luminance`, `means`
    and `log_scales` are lists by channel; `between` is by (from, to).
    """

    log_weights: np.ndarray
    from_luminance: list
    between: dict
    means: list
    log_scales: list

    def mean(self, channel, earlier, luminance):
        """Means (..., components), earlier channels' values (..., 1) given."""
        mean = self.means[channel]
        if self.from_luminance:
            mean = mean + self.from_luminance[channel] * luminance
        for source in range(channel):
            mean = mean + self.between[source, channel] * earlier[source]
        return mean

    def scale(self, channel):
        return np.exp(np.maximum(self.log_scales[channel], -7))


def mixture_of(parameters, channels=2, components=10, luminance=True):
    """Takes parameters (..., outputs) apart, in the order of the docstring."""
    parameters = np.asarray(parameters, "float64")
    count = parameters.shape[-1] // components
    groups = [
        parameters[..., i * components : (i + 1) * components]
        for i in range(count)
    ]
    assert parameters.shape[-1] == count * components
    logits = groups.pop(0)
    from_luminance = []
    if luminance:
        from_luminance = [np.tanh(groups.pop(0)) for _ in range(channels)]
    between = {}
    for channel in range(channels):
        for source in range(channel):
            between[source, channel] = np.tanh(groups.pop(0))
    means, log_scales = [], []
    for _ in range(channels):
        means.append(groups.pop(0))
        log_scales.append(groups.pop(0))
    assert not groups
    log_weights = logits - logsumexp(logits, axis=-1, keepdims=True)
    return Mixture(log_weights, from_luminance, between, means, log_scales)


def log_bin(value, mean, scale, bins=256, released=False):
    """The log-probability of the bin around a value, the formula itself."""
    half = 1 / (bins - 1)
    upper, lower = (value + half - mean) / scale, (value - half - mean) / scale
    # sigmoid(u) - sigmoid(l), on the side where neither is nearly 1.
    right = lower > 0
    upper, lower = np.where(right, [-lower, -upper], [upper, lower])
    with np.errstate(divide="ignore"):
        result = np.log(expit(upper) - expit(lower))
        if released:
            density = logistic.logpdf(value, mean, scale) + np.log(2 * half)
            result = np.where(np.exp(result) > 1e-5, result, density)
    first = logistic.logcdf(value + half, mean, scale)
    last = logistic.logsf(value - half, mean, scale)
    # PIC.md: below -0.999 and above 0.999, of 256 bins.
    edge = 1 - 0.001 * 255 / (bins - 1)
    result = np.where(value < -edge, first, result)
    return np.where(value > edge, last, result)


def log_prob(mixture, values, luminance=None, bins=256, released=False):
    """Nats of pixels' values (..., channels)."""
    values = np.asarray(values, "float64")
    channels = [values[..., i, None] for i in range(values.shape[-1])]
    total = mixture.log_weights
    for i, value in enumerate(channels):
        mean = mixture.mean(i, channels, luminance)
        total = total + log_bin(value, mean, mixture.scale(i), bins, released)
    return logsumexp(total, axis=-1)


def draw(mixture, luminance, count, rng):
    """Draws (count, channels) of one pixel, before they are clipped."""
    weights = np.exp(mixture.log_weights)
    chosen = rng.choice(len(weights), count, p=weights / weights.sum())
    values = []
    for channel in range(len(mixture.means)):
        means = mixture.mean(
            channel, [value[:, None] for value in values], luminance
        )
        means = np.broadcast_to(means, (count, len(weights)))
        scale = mixture.scale(channel)[chosen]
        values.append(rng.logistic(means[np.arange(count), chosen], scale))
    return np.stack(values, -1)
