"""A mixture of discretized logistics over the channels of a pixel."""

import math

import keras
from keras import ops

from keras_colorize.layers.distribution import Distribution
from keras_colorize.layers.weight_norm_conv2d import WeightNormConv2D

_MIN_LOG_SCALE = -7.0
# Below this probability, the program of Royer et al. computes a bin's
# probability from the density.
_RELEASED_TINY = 1e-5


@keras.saving.register_keras_serializable(package="keras_colorize")
class DiscretizedLogisticMixture(Distribution):
    """Mixture of discretized logistics over the channels of a pixel.

    Calling the layer computes the parameters of the mixture from features, by
    a 1x1 convolution. All channels of a pixel share one component. The mean of
    a channel is linear in the channels before it and, with
    `condition_on_luminance`, in luminance (Salimans et al. 2017, equations 1
    to 3; Royer et al. 2017, section 3.2).

    Values are in [-1, 1]. The distance between neighboring bins is
    2 / (num_bins - 1). The first and the last bin take the tails.
    Distributions are computed in float32 whatever the dtype policy.

    Args:
        channels: int. Channels of a pixel, 2 for chroma.
        num_components: int. Components of the mixture.
        num_bins: int. Bins of a channel.
        condition_on_luminance: bool. Whether means depend on luminance.
        released_tails: bool. Whether a bin with a probability below 1e-5 gets
            the density at its center times its width instead, as in the
            program of Royer et al.

    Input shape: `(batch, height, width, any)`.

    Output shape: `(batch, height, width, num_outputs)`, float32. For each
        component, in this order: a logit; the coefficients, before tanh, of
        luminance for each channel, then of each earlier channel for each later
        channel; then, for each channel, the mean and the log scale.
    """

    def __init__(
        self,
        channels=2,
        num_components=10,
        num_bins=256,
        condition_on_luminance=True,
        released_tails=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.channels = channels
        self.num_components = num_components
        self.num_bins = num_bins
        self.condition_on_luminance = condition_on_luminance
        self.released_tails = released_tails
        self.conv = WeightNormConv2D(
            self.num_outputs, 1, dtype=self.dtype_policy, name="conv"
        )

    @property
    def num_outputs(self):
        """Parameters of a pixel: 80 for 2 channels and 10 components."""
        pairs = self.channels * (self.channels - 1) // 2
        luminance = self.channels if self.condition_on_luminance else 0
        return self.num_components * (1 + pairs + luminance + 2 * self.channels)

    @property
    def num_noise(self):
        """The uniform numbers that `sample` needs for a pixel."""
        return self.num_components + self.channels

    @property
    def num_temperatures(self):
        """One for the scale of each channel, and one for the component."""
        return self.channels + 1

    def build(self, input_shape):
        self.conv.build(input_shape)

    def call(self, inputs):
        return ops.cast(self.conv(inputs), "float32")

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.num_outputs)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(
            self.compute_output_shape(inputs.shape), "float32"
        )

    def log_prob(self, parameters, values, given=None):
        """The log-probability of the bins around given values.

        The probability of a bin is the difference of the logistic's CDF at
        the ends of the bin (Salimans et al. 2017, equation 2). It is precise
        in the tails, too. Values need not be rounded to bins.
        """
        logits, coefficients, means, log_scales = self._split(parameters)
        values = ops.cast(values, "float32")
        log_prob = ops.log_softmax(logits, axis=-1)
        for channel in range(self.channels):
            value = values[..., channel : channel + 1]
            mean = self._mean(channel, means, coefficients, given, values)
            log_prob = log_prob + self._log_bin(
                value, value - mean, log_scales[channel]
            )
        return ops.logsumexp(log_prob, axis=-1)

    def sample(self, parameters, noise, given=None, temperature=1.0):
        """Draws values from given noise.

        The component is drawn by the Gumbel-max trick, and each channel by the
        inverse CDF. A channel is clipped to [-1, 1] before the next channel
        depends on it. Values are not rounded to bins. `noise` has a number for
        each component, then one for each channel. The temperatures of the
        channels multiply the scales of the logistics, and the last one divides
        the logits of the components. 0 gives the mean of the heaviest
        component.
        """
        logits, coefficients, means, log_scales = self._split(parameters)
        noise = ops.clip(ops.cast(noise, "float32"), 1e-5, 1.0 - 1e-5)
        temperature = self.expand_temperature(temperature)
        gumbel = -ops.log(-ops.log(noise[..., : self.num_components]))
        gumbel = temperature[-1] * gumbel
        chosen = self._one_hot(ops.argmax(logits + gumbel, axis=-1))
        values = []
        for channel in range(self.channels):
            mean = self._mean(channel, means, coefficients, given, values)
            uniform = noise[..., self.num_components + channel]
            logistic = ops.log(uniform) - ops.log(1.0 - uniform)
            scale = ops.exp(ops.sum(chosen * log_scales[channel], axis=-1))
            value = ops.sum(chosen * mean, axis=-1)
            value = value + temperature[channel] * scale * logistic
            values.append(ops.clip(value, -1.0, 1.0)[..., None])
        return ops.concatenate(values, axis=-1)

    def mean(self, parameters, given=None):
        """The mean of the logistics before discretization, clipped."""
        weights = ops.softmax(self._split(parameters)[0], axis=-1)
        means = self._component_means(parameters, given)
        return ops.stack(
            [
                ops.clip(ops.sum(weights * mean, axis=-1), -1.0, 1.0)
                for mean in means
            ],
            axis=-1,
        )

    def mode(self, parameters, given=None):
        """The clipped component mean of the highest probability."""
        candidates = ops.clip(
            ops.stack(self._component_means(parameters, given), axis=-1),
            -1.0,
            1.0,
        )
        if given is not None:
            given = given[..., None, :]
        log_prob = self.log_prob(parameters[..., None, :], candidates, given)
        chosen = self._one_hot(ops.argmax(log_prob, axis=-1))
        return ops.sum(chosen[..., None] * candidates, axis=-2)

    def _one_hot(self, component):
        return ops.one_hot(component, self.num_components, dtype="float32")

    def _component_means(self, parameters, given):
        """Each channel's means, given the means of the channels before it."""
        _, coefficients, means, _ = self._split(parameters)
        result = []
        for channel in range(self.channels):
            result.append(
                self._mean(channel, means, coefficients, given, result)
            )
        return result

    def _split(self, parameters):
        """Logits, coefficients by (from, to), means and log scales."""
        parameters = ops.cast(parameters, "float32")
        k = self.num_components
        groups = iter(
            parameters[..., i * k : (i + 1) * k]
            for i in range(self.num_outputs // k)
        )
        logits = next(groups)
        sources = [
            (source, channel)
            for channel in range(self.channels)
            for source in range(channel)
        ]
        if self.condition_on_luminance:
            sources = [("L", c) for c in range(self.channels)] + sources
        coefficients = {key: ops.tanh(next(groups)) for key in sources}
        means, log_scales = [], []
        for _ in range(self.channels):
            means.append(next(groups))
            log_scales.append(ops.maximum(next(groups), _MIN_LOG_SCALE))
        return logits, coefficients, means, log_scales

    def _mean(self, channel, means, coefficients, given, values):
        """A channel's mean given luminance and the channels before it.

        `values` is a tensor (..., channels), or a list of earlier channels,
        each (..., 1) or (..., components).
        """
        mean = means[channel]
        if self.condition_on_luminance:
            if given is None:
                raise ValueError(
                    "given is None, but this mixture depends on luminance. "
                    "Pass given: luminance (..., 1) in [-1, 1]."
                )
            given = ops.cast(given, "float32")
            mean = mean + coefficients["L", channel] * given
        for source in range(channel):
            if isinstance(values, list):
                value = values[source]
            else:
                value = values[..., source : source + 1]
            mean = mean + coefficients[source, channel] * value
        return mean

    def _log_bin(self, value, centered, log_scale):
        """Log-probability of the bin around `value` in each component."""
        half_width = 1.0 / (self.num_bins - 1)
        inverse_scale = ops.exp(-log_scale)
        # log(sigmoid(u) - sigmoid(l)) = log sigmoid(u) + log sigmoid(-l)
        # + log(1 - exp(l - u)). The left side would subtract nearly equal
        # numbers.
        upper = -ops.softplus(-inverse_scale * (centered + half_width))
        lower = -ops.softplus(inverse_scale * (centered - half_width))
        width = 2.0 * half_width * inverse_scale
        log_width = math.log(2.0 * half_width) - log_scale
        narrow = width < 1e-3
        safe_width = ops.where(narrow, 1.0, width)
        log_bin = (
            upper
            + lower
            + ops.where(
                narrow,
                log_width - width / 2.0,
                ops.log(-ops.expm1(-safe_width)),
            )
        )
        if self.released_tails:
            middle = inverse_scale * centered
            density = middle - log_scale - 2.0 * ops.softplus(middle)
            log_bin = ops.where(
                log_bin > math.log(_RELEASED_TINY),
                log_bin,
                density + math.log(2.0 * half_width),
            )
        edge = 1.0 - 0.255 * half_width
        log_bin = ops.where(value > edge, lower, log_bin)
        return ops.where(value < -edge, upper, log_bin)

    def get_config(self):
        config = super().get_config()
        config.update(
            channels=self.channels,
            num_components=self.num_components,
            num_bins=self.num_bins,
            condition_on_luminance=self.condition_on_luminance,
            released_tails=self.released_tails,
        )
        return config
