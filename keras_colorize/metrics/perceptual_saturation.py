"""Perceptual saturation."""

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.mean_over_images import MeanOverImages
from keras_colorize.metrics.samples import to_samples


@keras.saving.register_keras_serializable(package="keras_colorize")
class PerceptualSaturation(MeanOverImages):
    """Mean perceptual saturation of images: C / sqrt(C^2 + L^2).

    C = sqrt(a^2 + b^2) is the chroma of CIE Lab, L its lightness (Luebbe,
    Colors in the Mind, 2010; Royer et al. 2017, section 4.3, use it so). The
    mean over pixels, then over images; in [0, 1), 0 for gray and black. To be
    compared with the originals': nearer is better. Of several colorings of an
    image, the mean of theirs is the image's.

    Args:
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, name="perceptual_saturation", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def values(self, images):
        """The mean saturation of each image, `(B,)`; see `update_state`."""
        squares = ops.square(rgb_to_lab(to_samples(images)))
        chroma = squares[..., 1] + squares[..., 2]
        # Below one of 100, saturation is that of rounding.
        whole = ops.maximum(chroma + squares[..., 0], 1e-6)
        return ops.mean(ops.sqrt(chroma / whole), axis=(1, 2, 3))

    def update_state(self, images, sample_weight=None):
        """Adds images.

        Args:
            images: `(B, H, W, 3)` or `(B, K, H, W, 3)`: uint8, uint16, or float
                in [0, 1].
            sample_weight: `(B,)` or None. How often each image counts.
        """
        super().update_state(self.values(images), sample_weight)
