"""RMSE in the alpha-beta color space."""

import keras
from keras import ops

from keras_colorize.metrics.mean_over_images import MeanOverPairs
from keras_colorize.metrics.mean_over_images import error_of_mean
from keras_colorize.metrics.samples import check_choice
from keras_colorize.metrics.samples import to_pair

# From the program of Deshpande et al., for RGB in [0, 1].
_EPSILON = 1e-4


@keras.saving.register_keras_serializable(package="keras_colorize")
class AlphaBetaRMSE(MeanOverPairs):
    """Root mean square error in alpha and beta (Larsson et al. 2016).

    alpha = (B - (R + G) / 2) / (L + 0.0001) and beta = (R - G) / (L + 0.0001)
    for sRGB values in [0, 1], with L = (R + G + B) / 3. Deshpande et al. (2015)
    compute this space in their program; Larsson et al. name it (section 3.1).
    Both are 0 for gray. Dark pixels weigh most. 0 is best.

    The mean square is over alpha and beta. Larsson et al. do not say whether
    they average or sum the two: a sum is sqrt(2) times as large. Compare with
    their numbers only where gray pictures have the same error (0.333 on
    ctest10k; 0.57 on Tiny ImageNet with this metric).

    Args:
        average: str. `"pixels"`: the root of the mean square over all pixels
            of all images, as Larsson et al. report it (section 4). Large
            images count more than small ones. The standard error is that of
            a ratio of two sums over images, with the delta method for the
            root. `"images"`: the mean over images of each image's own RMSE.
            The mean squares, or the RMSEs, of the colorings of one image are
            averaged first.
        **kwargs: `name` and `dtype`; see `MeanOverImages`.
    """

    def __init__(self, average="pixels", **kwargs):
        super().__init__(**kwargs)
        check_choice("average", average, ("pixels", "images"))
        self.average = average
        if average == "pixels":
            self.images = self._scalar("images")
            self.pixels = self._scalar("pixels")
            self.squares = self._scalar("squares")

    def values(self, y_true, y_pred):
        """Each image's mean square error, or its root for `"images"`, (B,)."""
        originals, samples = to_pair(y_true, y_pred)
        error = ops.subtract(_alpha_beta(samples), _alpha_beta(originals))
        error = ops.mean(ops.square(error), axis=(2, 3, 4))
        if self.average == "images":
            error = ops.sqrt(error)
        return ops.mean(error, axis=1)

    def update_state(self, y_true, y_pred, sample_weight=None):
        if self.average == "images":
            return super().update_state(y_true, y_pred, sample_weight)
        values = ops.cast(self.values(y_true, y_pred), self.dtype)
        weights = self._weights(values, sample_weight)
        height, width = ops.shape(y_true)[1:3]
        size = ops.cast(height * width, self.dtype)
        self.images.assign(self.images + ops.sum(weights))
        self.pixels.assign(self.pixels + size * ops.sum(weights))
        self.squares.assign(self.squares + size * ops.sum(weights * values))
        # `standard_error` needs deviations weighted by squared sizes.
        super(MeanOverPairs, self).update_state(
            values, weights * ops.square(size)
        )

    def result(self):
        """The error over all images, a scalar tensor; 0 if there are none."""
        if self.average == "images":
            return super().result()
        return ops.sqrt(self.squares / ops.maximum(self.pixels, 1.0))

    def standard_error(self):
        """The error's standard error, a scalar tensor; NaN for one image."""
        if self.average == "images":
            return super().standard_error()
        root = self.result()
        deviations = self.squared_deviations + self.weight * ops.square(
            self.mean - ops.square(root)
        )
        # If all errors are 0, the standard error of their root is 0 too.
        scale = self.pixels * ops.where(root > 0.0, 2.0 * root, 1.0)
        squares = deviations * ops.square(self.images / scale)
        return error_of_mean(squares, self.images)

    def get_config(self):
        return {**super().get_config(), "average": self.average}


def _alpha_beta(rgb):
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    lightness = (red + green + blue) / 3.0 + _EPSILON
    opponents = ops.stack([blue - (red + green) / 2.0, red - green], axis=-1)
    return opponents / ops.expand_dims(lightness, -1)
