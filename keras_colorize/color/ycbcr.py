"""sRGB to the YCbCr of JPEG, and back."""

import numpy as np
from keras import ops

from keras_colorize.color.pixels import mix_channels
from keras_colorize.color.pixels import to_float

# ITU-T T.871 (JFIF), section 7: full range, Cb and Cr centered on 128.
_YCBCR_FROM_RGB = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772],
        [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402],
    ]
)
_RGB_FROM_YCBCR = np.linalg.inv(_YCBCR_FROM_RGB)
_CENTER = np.array([0.0, 128.0, 128.0], "float32")


def rgb_to_ycbcr(rgb):
    """Converts sRGB to full-range YCbCr (JFIF, ITU-T T.871).

    Args:
        rgb: Array or tensor `(..., 3)`: uint8, uint16, or float in [0, 1].

    Returns:
        A float32 tensor `(..., 3)`, not rounded: Y in [0, 255], Cb and Cr in
        [0.5, 255.5] with 128 for gray.

    Raises:
        TypeError: For any other dtype.
    """
    ycbcr = mix_channels(255.0 * to_float(rgb), _YCBCR_FROM_RGB)
    return ops.add(ycbcr, _CENTER)


def ycbcr_to_rgb(ycbcr):
    """Converts full-range YCbCr (JFIF, ITU-T T.871) to sRGB.

    Args:
        ycbcr: Array or tensor `(..., 3)`, Y in [0, 255], Cb and Cr centered
            on 128.

    Returns:
        A float32 tensor `(..., 3)`, clipped to [0, 1].
    """
    ycbcr = ops.cast(ycbcr, "float32")
    rgb = unclipped_rgb(ycbcr[..., :1], ycbcr[..., 1:] - 128.0)
    return ops.clip(rgb, 0.0, 1.0)


def unclipped_rgb(y, chroma):
    """sRGB of Y `(..., 1)`, and of Cb - 128 and Cr - 128, `(..., 2)`.

    Returns:
        A float32 tensor `(..., 3)`, which may leave [0, 1].
    """
    centered = ops.concatenate([y, chroma], axis=-1)
    return mix_channels(centered, _RGB_FROM_YCBCR) / 255.0
