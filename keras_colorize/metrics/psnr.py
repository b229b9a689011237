"""Peak signal-to-noise ratio in RGB."""

import math

import keras
from keras import ops

from keras_colorize.metrics.mean_over_images import MeanOverPairs
from keras_colorize.metrics.samples import to_pair

# The mean square error of rounding to 8 bits.
_LEAST_ERROR = 1.0 / (12.0 * 255.0**2)


@keras.saving.register_keras_serializable(package="keras_colorize")
class PSNR(MeanOverPairs):
    """Peak signal-to-noise ratio in RGB: -10 log10(mean square error).

    The mean square error is over pixels and channels of an image, for sRGB
    values in [0, 1]. The PSNR is the arithmetic mean over images, as Larsson
    et al. (2016, section 4) report it, in dB; higher is better. An error is at
    least that of rounding to 8 bits, so the PSNR is at most 58.9 and a gray
    original cannot make the mean infinite. An image with several colorings has
    the mean of their values.

    Args:
        match_lightness: bool. Whether colorings first get the original's
            lightness (R + G + B) / 3: the difference is added to R, G and B,
            which are then clipped to [0, 1]. The program of Larsson et al.
            does so. Compare with their numbers only with True.
        **kwargs: `name` and `dtype`; see `MeanOverImages`.
    """

    def __init__(self, match_lightness=False, **kwargs):
        super().__init__(**kwargs)
        self.match_lightness = match_lightness

    def values(self, y_true, y_pred):
        """The PSNR of each image, `(B,)`."""
        originals, samples = to_pair(y_true, y_pred)
        error = ops.subtract(samples, originals)
        if self.match_lightness:
            lightness = ops.mean(error, axis=-1, keepdims=True)
            samples = ops.clip(samples - lightness, 0.0, 1.0)
            error = ops.subtract(samples, originals)
        error = ops.mean(ops.square(error), axis=(2, 3, 4))
        error = ops.maximum(error, _LEAST_ERROR)
        return ops.mean(-10.0 / math.log(10.0) * ops.log(error), axis=1)

    def get_config(self):
        return {**super().get_config(), "match_lightness": self.match_lightness}
