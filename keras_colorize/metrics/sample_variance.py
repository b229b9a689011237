"""Variance of the colorings of an image."""

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.mean_over_images import MeanOverImages
from keras_colorize.metrics.samples import to_several


@keras.saving.register_keras_serializable(package="keras_colorize")
class SampleVariance(MeanOverImages):
    """Variance of a pixel's chroma among the colorings of an image.

    The variance (with K - 1) of a / 128 and b / 128 of CIE Lab among an image's
    K colorings; the mean over pixels and channels, then over images. Without
    unit; 0 where all colorings are the same. Deshpande et al. (2017, section 5
    and Figure 5) plot `ErrorOfBest` against it, in chroma of this scale.

    Args:
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, name="sample_variance", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_pred):
        """The mean variance of each image's pixels, `(B,)`."""
        chroma = rgb_to_lab(to_several(y_pred))[..., 1:] / 128.0
        count = chroma.shape[1]
        variance = ops.var(chroma, axis=1) * (count / (count - 1))
        return ops.mean(variance, axis=(1, 2, 3))

    def update_state(self, y_pred, sample_weight=None):
        """Adds images.

        Args:
            y_pred: `(B, K, H, W, 3)`. K colorings of each image, at least 2:
                uint8, uint16, or float in [0, 1].
            sample_weight: `(B,)` or None. How often each image counts.
        """
        super().update_state(self.values(y_pred), sample_weight)
