"""Perceptual saturation."""

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.mean_over_images import MeanOverPictures
from keras_colorize.metrics.samples import to_samples


@keras.saving.register_keras_serializable(package="keras_colorize")
class PerceptualSaturation(MeanOverPictures):
    """Mean perceptual saturation of images: C / sqrt(C^2 + L^2).

    C = sqrt(a^2 + b^2) is the chroma of CIE Lab and L its lightness. Royer et
    al. (2017, section 4.3) use this formula of Luebbe (2010). The mean is over
    pixels, then over images. In [0, 1): 0 for gray and for black. Compare with
    the originals: nearer is better. Royer et al. report 36.4% for PIC on
    ImageNet. An image with several colorings has the mean of their values.
    """

    def values(self, images):
        """The mean saturation of each image, `(B,)`."""
        squares = ops.square(rgb_to_lab(to_samples(images)))
        chroma = squares[..., 1] + squares[..., 2]
        # C and L of black pixels are rounding errors, or both 0.
        whole = ops.maximum(chroma + squares[..., 0], 1e-6)
        return ops.mean(ops.sqrt(chroma / whole), axis=(1, 2, 3))
