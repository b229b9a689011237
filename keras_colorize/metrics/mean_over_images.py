"""Means over images, with their standard errors."""

import re

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class MeanOverImages(keras.metrics.Metric):
    """The arithmetic mean of one value for each image.

    The standard error of the mean is s / sqrt(n), where s^2 = sum over images
    of (value - mean)^2 / (n - 1). Batches are merged with equation 2.1 of Chan,
    Golub and LeVeque (1983), which loses no digits where values differ little.

    This class takes the values. Its subclasses compute them from pictures.

    Args:
        name: str or None. By default the name of the class: `AlphaBetaRMSE` is
            `"alpha_beta_rmse"`.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, name=None, dtype=None):
        words = re.sub("(?<=[a-z])(?=[A-Z])", "_", type(self).__name__)
        super().__init__(name=name or words.lower(), dtype=dtype)
        self.mean = self._scalar("mean")
        self.squared_deviations = self._scalar("squared_deviations")
        self.weight = self._scalar("weight")

    def _scalar(self, name):
        return self.add_variable((), "zeros", dtype=self.dtype, name=name)

    def update_state(self, values, sample_weight=None):
        """Adds images.

        Args:
            values: `(B,)`. One value for each image.
            sample_weight: `(B,)` or None. How often each image counts: 0 leaves
                the image out, 2 counts it twice.
        """
        values = ops.cast(values, self.dtype)
        weights = self._weights(values, sample_weight)
        weight = ops.sum(weights)
        mean = ops.divide_no_nan(ops.sum(weights * values), weight)
        squares = ops.sum(weights * ops.square(values - mean))
        total = self.weight + weight
        share = ops.divide_no_nan(weight, total)
        difference = mean - self.mean
        self.squared_deviations.assign(
            self.squared_deviations
            + squares
            + ops.square(difference) * self.weight * share
        )
        self.mean.assign(self.mean + difference * share)
        self.weight.assign(total)

    def _weights(self, values, sample_weight):
        if sample_weight is None:
            return ops.ones_like(values)
        return ops.cast(sample_weight, self.dtype)

    def result(self):
        """The mean over images, a scalar tensor; 0 if there are no images."""
        return self.mean.value

    def standard_error(self):
        """The mean's standard error, a scalar tensor; NaN for one image."""
        return error_of_mean(self.squared_deviations, self.weight)


class MeanOverPairs(MeanOverImages):
    """The base class of metrics that compare colorings with originals.

    A subclass has `values(y_true, y_pred)`, one value for each image, `(B,)`.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds images.

        Args:
            y_true: `(B, H, W, 3)`. The originals: uint8, uint16, or float in
                [0, 1].
            y_pred: `(B, H, W, 3)` or `(B, K, H, W, 3)`. One or K colorings of
                each original.
            sample_weight: `(B,)` or None. How often each image counts.
        """
        super().update_state(self.values(y_true, y_pred), sample_weight)


class MeanOverPictures(MeanOverImages):
    """The base class of metrics that need no originals.

    A subclass has `values(images)`, one value for each image, `(B,)`.
    """

    def update_state(self, images, sample_weight=None):
        """Adds images.

        Args:
            images: `(B, H, W, 3)` or `(B, K, H, W, 3)`. One or K pictures of
                each image: uint8, uint16, or float in [0, 1].
            sample_weight: `(B,)` or None. How often each image counts.
        """
        super().update_state(self.values(images), sample_weight)


def error_of_mean(squared_deviations, count):
    """The standard error of the mean of `count` values; NaN up to one."""
    variance = ops.absolute(squared_deviations / (count - 1.0))
    return ops.where(count > 1.0, ops.sqrt(variance / count), float("nan"))
