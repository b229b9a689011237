"""Diversity of the colorings of an image."""

import keras
from keras import ops

from keras_colorize.metrics.mean_over_images import MeanOverPictures
from keras_colorize.metrics.ms_ssim import pairwise_ms_ssim
from keras_colorize.metrics.samples import to_several


@keras.saving.register_keras_serializable(package="keras_colorize")
class Diversity(MeanOverPictures):
    """Mean MS-SSIM between pairs of colorings of an image.

    PixColor (Guadarrama et al. 2017, section 5.1 and Figure 8) measures
    diversity by the multi-scale structural similarity of pairs (Wang,
    Simoncelli and Bovik 2003), here the mean over R, G and B. `pairs` gives the
    value of each pair; PixColor shows their histogram, most of them between
    0.95 and 0.99. The metric is the mean over the pairs of an image, then over
    images. In [0, 1]: 1 if all colorings are the same, lower if they are more
    diverse. Colorings of an image share its luminance, so values are near 1.

    The five scales of Wang et al. need 176 pixels on the shorter side. Smaller
    images get as many scales as hold a window of 11 pixels (3 scales at 64
    pixels, 2 at 32), with exponents scaled to sum to 1. Compare only values of
    the same image size.

    Args:
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, name="diversity", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def values(self, images):
        """The mean MS-SSIM of each image's pairs, `(B,)`."""
        return ops.mean(self.pairs(images), axis=1)

    def pairs(self, images):
        """The MS-SSIM of each pair of colorings, `(B, K (K - 1) / 2)`.

        Pairs are in the order of `itertools.combinations`.
        """
        return pairwise_ms_ssim(to_several(images))
