"""RMSE in the alpha-beta color space."""

import keras
from keras import ops

from keras_colorize.metrics.mean_over_pairs import MeanOverPairs
from keras_colorize.metrics.samples import to_pair

AVERAGES = ("pixels", "images")
# Of the program of Deshpande et al., for RGB in [0, 1].
_EPSILON = 1e-4


@keras.saving.register_keras_serializable(package="keras_colorize")
class AlphaBetaRMSE(MeanOverPairs):
    """Root mean square error in alpha and beta, as Larsson et al. report it.

    alpha = (B - (R + G) / 2) / (L + 0.0001) and beta = (R - G) / (L + 0.0001)
    of sRGB values in [0, 1], with L = (R + G + B) / 3: the space of Deshpande
    et al. (2015), as their program computes it, to which Larsson et al. (2016,
    section 3.1) give the name. Without unit; alpha is in [-1.5, 3], beta in
    [-3, 3], both 0 for gray. Dark pixels weigh much.

    Larsson et al. (section 4) average over all pixels: the root is taken of
    the mean square over pixels of all images. Their baseline "no color" is the
    error of gray pictures. 0 is best.

    Of several colorings of an image, their mean square is the image's. Its
    standard error over all pixels is the mean square's divided by twice the
    root (delta method).

    Args:
        average: str. `"pixels"`, where every image counts the same whatever its
            size, or `"images"`: the arithmetic mean of each image's own RMSE
            (of several colorings, of their mean RMSE).
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, average="pixels", name="alpha_beta_rmse", dtype=None):
        super().__init__(name=name, dtype=dtype)
        if average not in AVERAGES:
            raise ValueError(
                f"average is {average!r}. Expected one of {AVERAGES}."
            )
        self.average = average

    def values(self, y_true, y_pred):
        """Each image's mean square error, or with `"images"` its root, (B,)."""
        originals, samples = to_pair(y_true, y_pred)
        error = ops.subtract(_alpha_beta(samples), _alpha_beta(originals))
        error = ops.mean(ops.square(error), axis=(2, 3, 4))
        if self.average == "images":
            error = ops.sqrt(error)
        return ops.mean(error, axis=1)

    def result(self):
        """The error over all images, a scalar tensor; 0 of no images."""
        mean = super().result()
        return mean if self.average == "images" else ops.sqrt(mean)

    def standard_error(self):
        """The error's standard error, a scalar tensor; NaN of one image."""
        error = super().standard_error()
        if self.average == "images":
            return error
        root = self.result()
        # Where all errors are 0, so is the error of their mean.
        return error / ops.where(root > 0.0, 2.0 * root, 1.0)

    def get_config(self):
        return {**super().get_config(), "average": self.average}


def _alpha_beta(rgb):
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    lightness = (red + green + blue) / 3.0 + _EPSILON
    opponents = ops.stack([blue - (red + green) / 2.0, red - green], axis=-1)
    return opponents / ops.expand_dims(lightness, -1)
