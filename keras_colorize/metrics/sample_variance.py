"""Variance of the colorings of an image."""

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.mean_over_images import MeanOverPictures
from keras_colorize.metrics.samples import to_several


@keras.saving.register_keras_serializable(package="keras_colorize")
class SampleVariance(MeanOverPictures):
    """Variance of a pixel's chroma among the colorings of an image.

    The unbiased variance (divided by K - 1) of a / 128 and b / 128 of CIE Lab
    among the K colorings of an image, at least 2; the mean over pixels and
    channels, then over images. 0 if all colorings are the same. Deshpande et
    al. (2017, section 7.3 and Figure 5) plot `ErrorOfBest` against the
    variance of colorings.
    """

    def values(self, images):
        """The mean variance of each image's pixels, `(B,)`."""
        chroma = rgb_to_lab(to_several(images))[..., 1:] / 128.0
        count = chroma.shape[1]
        variance = ops.var(chroma, axis=1) * (count / (count - 1))
        return ops.mean(variance, axis=(1, 2, 3))
