"""Diversity of the colorings of an image."""

import keras
from keras import ops

from keras_colorize.metrics.mean_over_images import MeanOverImages
from keras_colorize.metrics.ms_ssim import pairwise_ms_ssim
from keras_colorize.metrics.samples import to_several


@keras.saving.register_keras_serializable(package="keras_colorize")
class Diversity(MeanOverImages):
    """Mean MS-SSIM between pairs of colorings of an image.

    The mean over all pairs of an image's colorings, then over images
    (PixColor: Guadarrama et al. 2017, section 5.1), of multi-scale structural
    similarity in RGB (Wang, Simoncelli and Bovik 2003). In [0, 1]: 1 where all
    colorings are the same, lower where they are more diverse. As they share
    the luminance, values are near 1.

    Wang's five scales need 176 pixels of the shorter side; smaller images get
    as many as hold a window of 11 pixels (3 at 64, 2 at 32), with exponents
    scaled to sum to 1. Compare values of one size only.

    Args:
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, name="diversity", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_pred):
        """The mean MS-SSIM of each image's pairs, `(B,)`."""
        return ops.mean(pairwise_ms_ssim(to_several(y_pred)), axis=1)

    def update_state(self, y_pred, sample_weight=None):
        """Adds images.

        Args:
            y_pred: `(B, K, H, W, 3)`. K colorings of each image, at least 2:
                uint8, uint16, or float in [0, 1].
            sample_weight: `(B,)` or None. How often each image counts.
        """
        super().update_state(self.values(y_pred), sample_weight)
