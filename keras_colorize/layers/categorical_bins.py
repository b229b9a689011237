"""Histograms of the two channels of a pixel, one given the other."""

import keras
from keras import ops

from keras_colorize.layers.distribution import Distribution
from keras_colorize.layers.weight_norm_conv2d import WeightNormConv2D

# Below this distance from 0 and 1, the logarithms of noise are infinite.
_EDGE = 1e-7


def bins_of(values, num_bins):
    """The bins 0 to num_bins - 1 of values; bin k has 2 k / (num_bins - 1) - 1.

    Args:
        values: Float tensor. Values outside [-1, 1] fall into the end bins.
        num_bins: int.

    Returns:
        An int32 tensor of the same shape.
    """
    index = (ops.cast(values, "float32") + 1.0) * ((num_bins - 1) / 2.0)
    index = ops.clip(ops.round(index), 0.0, num_bins - 1.0)
    return ops.cast(index, "int32")


def values_of(bins, num_bins):
    """The values in [-1, 1] of bins, float32: the inverse of `bins_of`."""
    return ops.cast(bins, "float32") * (2.0 / (num_bins - 1)) - 1.0


@keras.saving.register_keras_serializable(package="keras_colorize")
class CategoricalBins(Distribution):
    """Histograms of the two channels of a pixel, one given the other.

    Calling the layer computes the parameters of a pixel from features, by a
    1x1 convolution. The last channel comes first. Of chroma (Cb, Cr), the
    parameters are the logits of Cr and a vector u. The logits of Cb depend on
    the bin k of Cr:

    ```
    logits of Cb = W relu(u + E[k]) + b
    ```

    So p(Cb, Cr) = p(Cr) p(Cb | Cr), the order of Guadarrama et al. (2017,
    PixColor). W, E and b are weights of this layer.

    With `chain_filters=0`, the layer has no weights and is not called. The
    parameters are the logits of Cr and of Cb, from a network that itself sees
    Cr of the pixel.

    Bin k of a channel has the value 2 k / (num_bins - 1) - 1. Values are
    rounded to bins. Distributions are computed in float32 whatever the dtype
    policy.

    Args:
        num_bins: int. Bins of a channel.
        chain_filters: int. Length of u; 0 for parameters that are the logits
            of both channels.

    Input shape: `(batch, height, width, any)`.

    Output shape: `(batch, height, width, num_bins + chain_filters)`, float32:
        the logits of the last channel, then u.
    """

    channels = 2
    num_temperatures = 2

    def __init__(self, num_bins=32, chain_filters=512, **kwargs):
        super().__init__(**kwargs)
        self.num_bins = num_bins
        self.chain_filters = chain_filters
        if chain_filters:
            self.conv = WeightNormConv2D(
                self.num_outputs, 1, dtype=self.dtype_policy, name="conv"
            )

    @property
    def num_outputs(self):
        """Parameters of a pixel."""
        return self.num_bins + (self.chain_filters or self.num_bins)

    @property
    def num_noise(self):
        """A uniform number for each bin of each channel."""
        return self.channels * self.num_bins

    def build(self, input_shape):
        self.conv.build(input_shape)
        bins, filters = self.num_bins, self.chain_filters
        self.chain_embedding = self.add_weight(
            name="chain_embedding",
            shape=(bins, filters),
            initializer=keras.initializers.RandomNormal(stddev=0.5),
        )
        self.chain_kernel = self.add_weight(
            name="chain_kernel", shape=(filters, bins)
        )
        self.chain_bias = self.add_weight(
            name="chain_bias", shape=(bins,), initializer="zeros"
        )

    def call(self, inputs):
        return ops.cast(self.conv(inputs), "float32")

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.num_outputs)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(
            self.compute_output_shape(inputs.shape), "float32"
        )

    def log_prob(self, parameters, values, given=None):
        """The log-probability of the bins of given values."""
        last_logits, u = self._split(parameters)
        bins = bins_of(values, self.num_bins)
        first, last = bins[..., 0], bins[..., 1]
        return self._log_prob(last_logits, last) + self._log_prob(
            self._first_logits(u, last), first
        )

    def sample(self, parameters, noise, given=None, temperature=1.0):
        """Draws values from given noise, by the Gumbel-max trick.

        `noise` has a number for each bin of the last channel, then of the
        first. Each channel has a temperature, which divides its logits. At 0,
        the last channel takes its likeliest bin, and the first channel its
        likeliest bin given the last.
        """
        last_logits, u = self._split(parameters)
        noise = ops.clip(ops.cast(noise, "float32"), _EDGE, 1.0 - _EDGE)
        gumbel = -ops.log(-ops.log(noise))
        temperature = self.expand_temperature(temperature)
        last = ops.argmax(
            last_logits + temperature[1] * gumbel[..., : self.num_bins], axis=-1
        )
        first = ops.argmax(
            self._first_logits(u, last)
            + temperature[0] * gumbel[..., self.num_bins :],
            axis=-1,
        )
        return values_of(ops.stack([first, last], axis=-1), self.num_bins)

    def mean(self, parameters, given=None):
        """The mean of the histograms."""
        joint = ops.exp(self._joint(parameters))
        values = values_of(ops.arange(self.num_bins), self.num_bins)
        return ops.stack(
            [
                ops.sum(ops.sum(joint, axis=a) * values, axis=-1)
                for a in (-2, -1)
            ],
            axis=-1,
        )

    def mode(self, parameters, given=None):
        """The values of the likeliest pair of bins."""
        joint = self._joint(parameters)
        size = self.num_bins
        pairs = ops.reshape(joint, (*joint.shape[:-2], size * size))
        best = ops.argmax(pairs, axis=-1)
        return values_of(ops.stack([best % size, best // size], -1), size)

    def _joint(self, parameters):
        """Log-probabilities `(..., num_bins of last, num_bins of first)`."""
        last_logits, u = self._split(parameters)
        every = ops.arange(self.num_bins)
        first_logits = self._first_logits(u[..., None, :], every)
        last = ops.log_softmax(last_logits, axis=-1)[..., None]
        return last + ops.log_softmax(first_logits, axis=-1)

    def _split(self, parameters):
        parameters = ops.cast(parameters, "float32")
        return (
            parameters[..., : self.num_bins],
            parameters[..., self.num_bins :],
        )

    def _first_logits(self, u, last):
        """Logits of the first channel, given bins `(...)` of the last."""
        if not self.chain_filters:
            return u
        embedding, kernel, bias = (
            ops.cast(weight, "float32")
            for weight in (
                self.chain_embedding,
                self.chain_kernel,
                self.chain_bias,
            )
        )
        hidden = ops.relu(u + ops.take(embedding, last, axis=0))
        return ops.matmul(hidden, kernel) + bias

    def _log_prob(self, logits, bins):
        chosen = ops.one_hot(bins, self.num_bins, dtype="float32")
        return ops.sum(chosen * ops.log_softmax(logits, axis=-1), axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "chain_filters": self.chain_filters,
        }
