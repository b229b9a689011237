"""The base class of distributions over the chroma of a pixel."""

import keras
from keras import ops


class Distribution(keras.layers.Layer):
    """Base class of distributions over the channels of a pixel.

    Calling the layer computes parameters `(batch, height, width,
    num_outputs)`, float32, from features `(batch, height, width, any)`. The
    methods take parameters of any leading dimensions. They compute in float32.
    Luminance, `given`, is needed only if the distribution depends on it.

    Attributes:
        channels: int. Channels of a pixel, 2 for chroma.
        num_bins: int. Values of a channel between -1 and 1.
        num_outputs: int. Parameters of a pixel.
        num_noise: int. Uniform numbers that `sample` needs for a pixel.
        num_temperatures: int. The most temperatures that `sample` takes.
        readouts: tuple of str. Ways to choose one value: `"sample"` and the
            names of other methods, such as `"mean"`.
    """

    readouts = ("sample", "mean", "mode")

    def log_prob(self, parameters, values, given=None):
        """The log-probability of values, in nats.

        Args:
            parameters: Float tensor `(..., num_outputs)`.
            values: Float tensor `(..., channels)` in [-1, 1].
            given: Float tensor `(..., 1)` in [-1, 1]: luminance.

        Returns:
            A float32 tensor `(...)`, with all channels of a pixel.
        """
        raise NotImplementedError

    def sample(self, parameters, noise, given=None, temperature=1.0):
        """Draws values from given noise.

        Args:
            parameters: Float tensor `(..., num_outputs)`.
            noise: Float tensor `(..., num_noise)`, uniform in [0, 1).
            given: As in `log_prob`.
            temperature: See `expand_temperature`. 1 samples the distribution; 0
                gives its likeliest value.

        Returns:
            A float32 tensor `(..., channels)` in [-1, 1].
        """
        raise NotImplementedError

    def expand_temperature(self, temperature):
        """All temperatures of `sample`, from one or a few.

        Args:
            temperature: float for all of them, or floats: one for each channel
                or `num_temperatures`. If there are only those of the channels,
                the others are their mean.

        Returns:
            A float32 tensor `(num_temperatures,)`.
        """
        temperature = ops.convert_to_tensor(temperature, "float32")
        rest = self.num_temperatures - self.channels
        if rest > 0 and tuple(temperature.shape) == (self.channels,):
            mean = ops.broadcast_to(ops.mean(temperature), (rest,))
            return ops.concatenate([temperature, mean])
        return ops.broadcast_to(temperature, (self.num_temperatures,))

    def mean(self, parameters, given=None):
        """The mean: a float32 tensor `(..., channels)` in [-1, 1]."""
        raise NotImplementedError

    def mode(self, parameters, given=None):
        """The likeliest value: a float32 tensor `(..., channels)`."""
        raise NotImplementedError
