"""What the network says of the chroma of a pixel, and how chroma is read."""

import math
import statistics

import numpy as np
from keras import ops

from keras_colorize import transfer
from keras_colorize.color import HueChromaSpace
from keras_colorize.color import LabSpace
from keras_colorize.color.hue_chroma import hue_and_chroma

_NORMAL = statistics.NormalDist()
# Standard deviation of a and b in the bins of Lab (Larsson et al. 2016).
_LAB_SCALE = 25.0
# Length of the mean direction under which fading begins: 0.03 * 32.
_FADING = 0.96


def quantile(probabilities, level):
    """The inverse of a histogram's distribution function.

    Args:
        probabilities: Tensor `(..., K)`. Of equal bins of [0, 1].
        level: Tensor `(...)` in [0, 1).

    Returns:
        A tensor `(...)` in [0, 1], linear within a bin; and the bin, as a
        one-hot tensor `(..., K)`.
    """
    bins = probabilities.shape[-1]
    below = ops.cumsum(probabilities, axis=-1)
    # The sum is 1 but for rounding.
    # Not by `None` in brackets, which LiteRT cannot convert.
    level = ops.expand_dims(level * below[..., -1], -1)
    index = ops.sum(ops.cast(below <= level, "int32"), axis=-1)
    index = ops.minimum(index, bins - 1)
    chosen = ops.one_hot(index, bins, dtype=probabilities.dtype)
    mass = ops.sum(probabilities * chosen, axis=-1)
    rest = ops.sum(below * chosen, axis=-1) - level[..., 0]
    share = ops.clip(1.0 - rest / ops.maximum(mass, 1e-30), 0.0, 1.0)
    return (ops.cast(index, share.dtype) + share) / bins, chosen


class Histograms:
    """Base class of heads that give a histogram to each channel.

    Subclasses map both channels of chroma `(..., 2)` to [0, 1], where bins
    are equal, by `to_unit`, and back by `from_unit`. `logits` are tensors
    `(..., num_outputs)`, `chroma` is normalized as in the color space.

    Attributes:
        color_space: `ColorSpace`.
        names: tuple of str. Of the histograms.
        num_outputs: int. Logits of a pixel.
        loss_weights: dict of float, by the name of a loss.
        readouts: tuple of str. Ways to choose chroma, the default first.
        supports: frozenset of str. See `Colorizer`.
        temperatures: int. See `Colorizer`.
        histogram_shape: tuple of ints. Histograms and bins of a pixel.
    """

    supports = frozenset({"temperature", "readout", "uncertainty"})

    def __init__(self, bins, joint=False):
        self.bins = bins
        self.joint = joint
        self.histogram_shape = (1, bins**2) if joint else (2, bins)
        self.num_outputs = math.prod(self.histogram_shape)
        self.temperatures = self.histogram_shape[0]

    def log_probabilities(self, logits, temperature=1.0):
        """Of bins: `(..., 2, K)`, or `(..., 1, K * K)` of joint ones."""
        logits = ops.cast(logits, "float32")
        # Not a reshape: tf2onnx joins it wrongly with that of a dense layer.
        logits = ops.split(logits, self.histogram_shape[0], axis=-1)
        logits = ops.stack(logits, axis=-2)
        return ops.log_softmax(logits / temperature, axis=-1)

    def bins_of(self, chroma):
        """The numbers of the bins that chroma is in: `(..., n)`."""
        bins = self.bins
        index = ops.cast(ops.floor(bins * self.to_unit(chroma)), "int32")
        index = ops.clip(index, 0, bins - 1)
        if self.joint:
            index = index[..., :1] * bins + index[..., 1:]
        return index

    def bin_log_probs(self, logits, chroma):
        """Log-probabilities of the bins that chroma is in: `(..., n)`."""
        index = self.bins_of(chroma)
        log_p = self.log_probabilities(logits)
        return ops.take_along_axis(log_p, index[..., None], axis=-1)[..., 0]

    def histogram(self, chroma):
        """The histograms of all chroma: an array of `histogram_shape`."""
        channels, bins = self.histogram_shape
        index, weights = (
            ops.convert_to_numpy(x).reshape(-1, channels).T
            for x in (self.bins_of(chroma), self.weights_of(chroma))
        )
        counts = map(np.bincount, index, weights, channels * [bins])
        return np.stack(list(counts)) / weights.sum(axis=1, keepdims=True)

    def weights_of(self, chroma):
        """What a pixel counts for in `histogram`: `(..., n)`."""
        return ops.ones_like(chroma[..., : self.histogram_shape[0]])

    def match(self, logits, histogram, window=np.s_[:, :]):
        """Logits whose mean histograms, in a window, are like given ones."""
        log_p = self.log_probabilities(logits[:, *window])
        log_p = ops.reshape(log_p, (-1, *self.histogram_shape))
        # One bias for all pixels, and softmax is taken of each channel.
        bias = transfer.minimize_energy(log_p, histogram)
        return logits + ops.reshape(bias, (-1,))

    def read(self, logits, readout, noise, temperature, interpolate=None):
        """Chooses chroma.

        Args:
            logits: Tensor `(1, h, w, num_outputs)`.
            readout: str. One of `readouts`.
            noise: Tensor `(B, h, w, 2)`, uniform in [0, 1).
            temperature: float or tuple of floats.
            interpolate: Function of histograms `(1, h, w, 2, K)` that returns
                those of another grid, which are then read; or None.

        Returns:
            A tensor `(1 or B, h, w, 2)`, normalized.
        """
        temperature = np.atleast_1d(np.float32(temperature))
        if readout in ("sample", "coherent") and not temperature.any():
            readout = "mode"
        # 0 would divide by 0; this leaves nothing to the other bins.
        temperature = ops.convert_to_tensor(
            np.maximum(temperature, 1e-4)[:, None]
        )
        p = ops.exp(self.log_probabilities(logits, temperature))
        if interpolate is not None:
            p = interpolate(p)
        if self.joint:
            p = ops.reshape(p, (*ops.shape(p)[:-2], self.bins, self.bins))
        if readout == "mode":
            return self.from_unit((self._mode(p) + 0.5) / self.bins)
        if readout == "sample":
            return self.from_unit(self._sample(p, noise))
        if readout == "coherent":
            # One number a channel for the whole picture.
            return self.from_unit(self._sample(p, noise[:, :1, :1]))
        if self.joint:
            p = ops.stack([ops.sum(p, axis=-1), ops.sum(p, axis=-2)], axis=-2)
        return getattr(self, f"_{readout}")(p)

    def entropies(self, logits):
        """Entropy of each histogram, as a share of the largest: `(..., n)`."""
        log_p = self.log_probabilities(logits)
        entropy = -ops.sum(ops.exp(log_p) * log_p, axis=-1)
        return entropy / math.log(log_p.shape[-1])

    def _quantile(self, p, level):
        return quantile(p, level)[0]

    def _mode(self, p):
        if not self.joint:
            return ops.cast(ops.argmax(p, axis=-1), "float32")
        flat = ops.reshape(p, (*ops.shape(p)[:-2], -1))
        index = ops.argmax(flat, axis=-1)
        pair = [index // self.bins, index % self.bins]
        return ops.cast(ops.stack(pair, axis=-1), "float32")

    def _sample(self, p, noise):
        if not self.joint:
            return self._quantile(p, noise)
        first, chosen = quantile(ops.sum(p, axis=-1), noise[..., 0])
        given = ops.sum(p * chosen[..., None], axis=-2)
        given = given / ops.sum(given, axis=-1, keepdims=True)
        second, _ = quantile(given, noise[..., 1])
        return ops.stack([first, second], axis=-1)


class LabHistograms(Histograms):
    """Histograms of a and b of CIE Lab, or one of both.

    Bins are equal quantiles of a normal distribution of deviation 25.
    """

    color_space = LabSpace()
    loss_weights = {"nats": 1.0}
    readouts = ("expectation", "median", "mode", "sample", "coherent")
    supports = Histograms.supports | {"likelihood"}
    channels = 2
    num_bins = 256

    @property
    def names(self):
        return ("ab",) if self.joint else ("a", "b")

    def to_unit(self, chroma):
        ab = self.color_space.denormalize(chroma)
        return 0.5 * (1.0 + ops.erf(ab / (_LAB_SCALE * math.sqrt(2.0))))

    def from_unit(self, unit):
        # The outermost bins have no end: colors stop at their centers.
        end = 0.5 / self.bins
        unit = ops.clip(unit, end, 1.0 - end)
        ab = _LAB_SCALE * math.sqrt(2.0) * ops.erfinv(2.0 * unit - 1.0)
        return self.color_space.normalize(ab)

    def losses(self, logits, chroma):
        return {"nats": -ops.sum(self.bin_log_probs(logits, chroma), axis=-1)}

    def log_prob(self, logits, chroma):
        """The log-probability of values as `Distribution.log_prob` has them.

        A value has the probability of its interval, which is 1 wide in units
        of a and b. Within a bin the density is proportional to the normal
        distribution's. So numbers of heads with other bins, and of
        `ColorizerPIC`, can be compared.
        """
        half = 1.0 / (self.num_bins - 1)
        edges = ops.stack(
            [self.to_unit(chroma - half), self.to_unit(chroma + half)], axis=-1
        )
        # How much of each bin is below the edges: (..., 2, 2, K).
        below = self.bins * edges[..., None] - ops.arange(
            self.bins, dtype="float32"
        )
        below = ops.clip(below, 0.0, 1.0)
        share = below[..., 1, :] - below[..., 0, :]
        p = ops.exp(self.log_probabilities(logits))
        if self.joint:
            p = ops.reshape(p, (*ops.shape(p)[:-2], self.bins, self.bins))
            p = ops.sum(p * share[..., 1:, :], axis=-1)[..., None, :]
            share = share[..., :1, :]
        mass = ops.sum(p * share, axis=-1)
        return ops.sum(ops.log(ops.maximum(mass, 1e-30)), axis=-1)

    def uncertainty(self, logits):
        return ops.mean(self.entropies(logits), axis=-1)

    def _expectation(self, p):
        bins = self.bins
        centers = [
            _LAB_SCALE * _NORMAL.inv_cdf((k + 0.5) / bins) for k in range(bins)
        ]
        ab = ops.sum(p * ops.array(centers, dtype="float32"), axis=-1)
        return self.color_space.normalize(ab)

    def _median(self, p):
        return self.from_unit(quantile(p, 0.5 * ops.ones_like(p[..., 0]))[0])


class HueChromaHistograms(Histograms):
    """Histograms of hue and of chroma, in this order.

    The hue of a gray pixel means nothing. So the loss of the hue is weighted
    by the pixel's chroma, and there is no likelihood.

    `"median"` and `"expectation"` say how chroma is read; both take the mean
    direction for the hue, which has no median. They make chroma fade where
    the hue is uncertain (Larsson et al. 2016).

    Args:
        bins: int. Of each histogram.
        fading: bool. Whether chroma fades.
    """

    color_space = HueChromaSpace()
    names = ("hue", "chroma")
    loss_weights = {"chroma_nats": 1.0, "hue_nats": 5.0}
    readouts = ("median", "expectation", "mode", "sample", "coherent")

    def __init__(self, bins, fading=True):
        super().__init__(bins)
        self.fading = fading

    def to_unit(self, chroma):
        return ops.concatenate(hue_and_chroma(chroma), axis=-1)

    def from_unit(self, unit):
        angle = 2.0 * math.pi * unit[..., :1]
        plane = ops.concatenate([ops.cos(angle), ops.sin(angle)], axis=-1)
        return unit[..., 1:] * plane

    def weights_of(self, chroma):
        # The hue of gray, 0 or noise, must not color others.
        strength = hue_and_chroma(chroma)[1] + 1e-6
        return ops.concatenate([strength, ops.ones_like(strength)], axis=-1)

    def losses(self, logits, chroma):
        log_probs = self.bin_log_probs(logits, chroma)
        strength = hue_and_chroma(chroma)[1][..., 0]
        return {
            "chroma_nats": -log_probs[..., 1],
            "hue_nats": -strength * log_probs[..., 0],
        }

    def uncertainty(self, logits):
        p = ops.exp(self.log_probabilities(logits))
        return self.entropies(logits)[..., 0] * self._mean_chroma(p)

    def _expectation(self, p):
        return self._direction(p) * self._mean_chroma(p)[..., None]

    def _median(self, p):
        return self._direction(p) * self._chroma_quantile(p, 0.5)

    def _chroma_quantile(self, p, level):
        chroma = p[..., 1, :]
        level = level * ops.ones_like(chroma[..., 0])
        return ops.expand_dims(self._quantile(chroma, level), -1)

    def _mean_chroma(self, p):
        return ops.sum(p[..., 1, :] * self._centers(), axis=-1)

    def _direction(self, p):
        """The mean hue as a point `(..., 2)`: of length 1, or faded."""
        angle = 2.0 * math.pi * self._centers()
        mean = ops.stack(
            [
                ops.sum(p[..., 0, :] * turn, axis=-1)
                for turn in (ops.cos(angle), ops.sin(angle))
            ],
            axis=-1,
        )
        length = ops.sqrt(ops.sum(mean * mean, axis=-1, keepdims=True))
        most = _FADING if self.fading else 1e-9
        return mean / ops.maximum(length, most)

    def _centers(self):
        return (ops.arange(self.bins, dtype="float32") + 0.5) / (self.bins)


class ReleasedHueChroma(HueChromaHistograms):
    """Hue and chroma as the released program of Larsson et al. reads them.

    A quantile is the center of its bin; the most probable chroma is the lower
    edge of its bin. `"q75"` is `"median"` with the chroma's upper quartile.
    """

    readouts = (*HueChromaHistograms.readouts, "q75")

    def _quantile(self, p, level):
        below = ops.cumsum(p, axis=-1) < ops.expand_dims(level, -1)
        count = ops.sum(ops.cast(below, "float32"), axis=-1)
        # The sum is 1 but for rounding.
        return (ops.minimum(count, self.bins - 1.0) + 0.5) / self.bins

    def _mode(self, p):
        return super()._mode(p) - ops.array([0.0, 0.5])

    def _q75(self, p):
        return self._direction(p) * self._chroma_quantile(p, 0.75)


class LabMean:
    """One color a pixel: a and b of CIE Lab by least squares, a baseline.

    Its outputs are a / 25 and b / 25. Attributes are those of `Histograms`.
    """

    color_space = LabSpace()
    names = ()
    num_outputs = 2
    loss_weights = {"squared_error": 1.0}
    readouts = ("expectation",)
    supports = frozenset()
    temperatures = 1

    def losses(self, outputs, chroma):
        error = self.color_space.denormalize(chroma) / _LAB_SCALE - outputs
        return {"squared_error": ops.sum(error * error, axis=-1)}

    def read(self, outputs, readout, noise, temperature):
        return self.color_space.normalize(_LAB_SCALE * outputs)


def head_named(name, fading, released_readouts=False):
    """The head of the argument `distribution` of `ColorizerHypercolumn`.

    Raises:
        ValueError: If there is no such head.
    """
    hue_chroma = ReleasedHueChroma if released_readouts else HueChromaHistograms
    heads = {
        "hue_chroma": lambda: hue_chroma(32, fading),
        "lab": lambda: LabHistograms(32),
        "lab_joint": lambda: LabHistograms(16, joint=True),
        "lab_l2": LabMean,
    }
    if name not in heads:
        raise ValueError(
            f"distribution is {name!r}. Expected one of {', '.join(heads)}."
        )
    return heads[name]()
