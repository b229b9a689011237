"""Peak signal-to-noise ratio in RGB."""

import math

import keras
from keras import ops

from keras_colorize.metrics.mean_over_pairs import MeanOverPairs
from keras_colorize.metrics.samples import to_pair

# The mean square error of rounding to 8 bits.
_LEAST_ERROR = 1.0 / (12.0 * 255.0**2)


@keras.saving.register_keras_serializable(package="keras_colorize")
class PSNR(MeanOverPairs):
    """Peak signal-to-noise ratio in RGB: -10 log10 of the mean square error.

    Of sRGB values in [0, 1], so that the peak is 1, over pixels and channels of
    each image; then the arithmetic mean over images (Larsson et al. 2016,
    section 4). In dB, higher is better; at most 58.9, as errors below those of
    rounding to 8 bits count as these: a gray original would make the mean
    infinite. Of several colorings of an image, the mean of theirs is the
    image's.

    Args:
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, name="psnr", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def values(self, y_true, y_pred):
        """The PSNR of each image, `(B,)`; see `update_state`."""
        originals, samples = to_pair(y_true, y_pred)
        error = ops.mean(
            ops.square(ops.subtract(samples, originals)), axis=(2, 3, 4)
        )
        error = ops.maximum(error, _LEAST_ERROR)
        return ops.mean(-10.0 / math.log(10.0) * ops.log(error), axis=1)
