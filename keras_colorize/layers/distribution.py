"""What every distribution over the chroma of a pixel has."""

import keras


class Distribution(keras.layers.Layer):
    """Base class of distributions over the channels of a pixel.

    Called on features `(batch, height, width, any)`, a distribution gives its
    parameters `(batch, height, width, num_outputs)`, float32. Its methods take
    parameters of any leading dimensions. They compute in float32.

    Attributes:
        channels: int. Channels of a pixel, 2 for chroma.
        num_bins: int. Values of a channel between -1 and 1.
        num_outputs: int. Parameters of a pixel.
        num_noise: int. Uniform numbers that `sample` needs for a pixel.
        num_temperatures: int. Most temperatures that `sample` takes.
        readouts: tuple of str. Ways to choose one value: `"sample"`, and the
            names of the methods below.
    """

    readouts = ("sample", "mean", "mode")

    def log_prob(self, parameters, values, given=None):
        """The log-probability of values, in nats.

        Args:
            parameters: Float tensor `(..., num_outputs)`.
            values: Float tensor `(..., channels)` in [-1, 1].
            given: Float tensor `(..., 1)` in [-1, 1]: luminance, if the
                distribution depends on it.

        Returns:
            A float32 tensor `(...)`: all channels of a pixel together.
        """
        raise NotImplementedError

    def sample(self, parameters, noise, given=None, temperature=1.0):
        """Draws values from given noise.

        Args:
            parameters: Float tensor `(..., num_outputs)`.
            noise: Float tensor `(..., num_noise)`, uniform in [0, 1).
            given: As in `log_prob`.
            temperature: float, or float tensor `(channels,)` or
                `(num_temperatures,)`. 1 samples the distribution; 0 gives its
                likeliest value.

        Returns:
            A float32 tensor `(..., channels)` in [-1, 1].
        """
        raise NotImplementedError

    def mean(self, parameters, given=None):
        """The mean: a float32 tensor `(..., channels)` in [-1, 1]."""
        raise NotImplementedError

    def mode(self, parameters, given=None):
        """The likeliest value: a float32 tensor `(..., channels)`."""
        raise NotImplementedError
