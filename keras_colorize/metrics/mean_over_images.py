"""Means over images, with their standard errors."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class MeanOverImages(keras.metrics.Metric):
    """The arithmetic mean over images of one value an image.

    `standard_error()` is that of the mean: s / sqrt(n), where s^2 = sum over
    images of (value - mean)^2 / (n - 1). Means and squared deviations are
    merged batch by batch as Chan, Golub and LeVeque (1983), equations 2.1, do,
    which loses no digits where values differ by little.

    A subclass computes the values; by itself it takes them as they are.

    Args:
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.mean = self._scalar("mean")
        self.squared_deviations = self._scalar("squared_deviations")
        self.weight = self._scalar("weight")

    def _scalar(self, name):
        return self.add_variable((), "zeros", dtype=self.dtype, name=name)

    def update_state(self, values, sample_weight=None):
        """Adds images.

        Args:
            values: `(B,)`. One value an image.
            sample_weight: `(B,)` or None. How often each image counts: 0 leaves
                it out, 2 counts it twice.
        """
        values = ops.cast(values, self.dtype)
        if sample_weight is None:
            weights = ops.ones_like(values)
        else:
            weights = ops.cast(sample_weight, self.dtype)
        weight = ops.sum(weights)
        mean = _ratio(ops.sum(weights * values), weight)
        squares = ops.sum(weights * ops.square(values - mean))
        total = self.weight + weight
        share = _ratio(weight, total)
        difference = mean - self.mean
        self.squared_deviations.assign(
            self.squared_deviations
            + squares
            + ops.square(difference) * self.weight * share
        )
        self.mean.assign(self.mean + difference * share)
        self.weight.assign(total)

    def result(self):
        """The mean over images, a scalar tensor; 0 of no images."""
        return self.mean.value

    def standard_error(self):
        """The mean's standard error, a scalar tensor; NaN of one image."""
        variance = self.squared_deviations / (self.weight - 1.0)
        return ops.where(
            self.weight > 1.0,
            ops.sqrt(ops.absolute(variance) / self.weight),
            float("nan"),
        )


def _ratio(part, whole):
    """part / whole, and 0 of nothing."""
    return ops.where(whole > 0, part / ops.where(whole > 0, whole, 1.0), 0.0)
