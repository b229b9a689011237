"""sRGB to CIE Lab (D65, 2 degree observer) and back.

The constants are those of the sRGB standard (IEC 61966-2-1) and of CIE 15,
rounded as in scikit-image, so that the two libraries agree.
"""

import numpy as np
from keras import ops

from keras_colorize.color.pixels import mix_channels
from keras_colorize.color.pixels import to_float

_XYZ_FROM_RGB = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
# XYZ relative to the white point, from linear RGB and back.
_XYZ_MATRIX = _XYZ_FROM_RGB / _WHITE[:, None]
_RGB_MATRIX = np.linalg.inv(_XYZ_MATRIX)
_EPSILON = 0.008856
_KAPPA = 7.787
_OFFSET = 16.0 / 116.0

GAMUTS = ("clip", "desaturate")

# Lab to [-1, 1]: (value - center) / half range (Royer et al. 2017, released).
_CENTER = np.array([50.0, 0.5, -0.5], "float32")
_HALF_RANGE = np.array([50.0, 127.5, 127.5], "float32")


def _power(x, exponent):
    """Powers of positive numbers."""
    # XLA vectorizes `exp` and `log`, but not `power`.
    return ops.exp(exponent * ops.log(x))


def _linearize(rgb):
    # The maximum keeps the unused branch of `where` from a NaN gradient.
    high = _power((ops.maximum(rgb, 0.04045) + 0.055) / 1.055, 2.4)
    return ops.where(rgb > 0.04045, high, rgb / 12.92)


def _delinearize(linear):
    high = 1.055 * _power(ops.maximum(linear, 0.0031308), 1 / 2.4) - 0.055
    return ops.where(linear > 0.0031308, high, 12.92 * linear)


def _compress(xyz):
    root = _power(ops.maximum(xyz, _EPSILON), 1 / 3)
    return ops.where(xyz > _EPSILON, root, _KAPPA * xyz + _OFFSET)


def _expand(f):
    return ops.where(
        f > 0.2068966, f * f * f, ops.maximum((f - _OFFSET) / _KAPPA, 0.0)
    )


def rgb_to_lab(rgb):
    """Converts sRGB to CIE Lab (D65, 2 degrees).

    Args:
        rgb: Array or tensor `(..., 3)`: uint8, uint16, or float in [0, 1].

    Returns:
        A float32 tensor `(..., 3)`: L in [0, 100], a and b in about
        [-107, 98].

    Raises:
        TypeError: For any other dtype.
    """
    xyz = mix_channels(_linearize(to_float(rgb)), _XYZ_MATRIX)
    f = _compress(xyz)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return ops.stack(
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1
    )


def lab_to_rgb(lab, gamut="clip"):
    """Converts CIE Lab (D65, 2 degrees) to sRGB.

    Args:
        lab: Array or tensor `(..., 3)`, float.
        gamut: str. How colors outside the sRGB gamut are handled. `"clip"`
            clips R, G and B, as scikit-image does, which changes L.
            `"desaturate"` mixes each color with the gray of the same
            luminance until it is in the gamut. This keeps L, if L is in
            [0, 100].

    Returns:
        A float32 tensor `(..., 3)` in [0, 1].
    """
    if gamut not in GAMUTS:
        raise ValueError(f"gamut is {gamut!r}. Expected one of {GAMUTS}.")
    lab = ops.cast(lab, "float32")
    y = (lab[..., 0] + 16.0) / 116.0
    f = ops.stack(
        [y + lab[..., 1] / 500.0, y, y - lab[..., 2] / 200.0], axis=-1
    )
    xyz = _expand(f)
    linear = mix_channels(xyz, _RGB_MATRIX)
    if gamut == "desaturate":
        linear = desaturate(linear, ops.clip(xyz[..., 1:2], 0.0, 1.0))
    return ops.clip(_delinearize(linear), 0.0, 1.0)


def desaturate(rgb, gray):
    """Mixes RGB `(..., 3)` with gray `(..., 1)` until it is in [0, 1]."""
    distance = rgb - gray
    room = ops.where(distance > 0.0, 1.0 - gray, gray)
    share = room / ops.maximum(ops.absolute(distance), 1e-9)
    share = ops.min(share, axis=-1, keepdims=True)
    return gray + ops.minimum(share, 1.0) * distance


def luminance(images):
    """The CIE L of gray or sRGB pixels.

    Args:
        images: Array or tensor `(..., 1)` (gray, sRGB encoded) or `(..., 3)`
            (sRGB): uint8, uint16, or float in [0, 1].

    Returns:
        A float32 tensor `(..., 1)` in [0, 100].
    """
    images = to_float(images)
    linear = _linearize(images)
    if images.shape[-1] == 3:
        linear = mix_channels(linear, _XYZ_MATRIX[1:2])
    return 116.0 * _compress(linear) - 16.0


def normalize_lab(lab):
    """Scales each channel of Lab to [-1, 1].

    (L - 50)/50, (a - 0.5)/127.5 and (b + 0.5)/127.5, as in the program of
    Royer et al. (2017). The 256 integers in [-127, 128] for a, and in
    [-128, 127] for b, become values 2/255 apart.

    Args:
        lab: Tensor `(..., 3)`; or `(..., 2)`, only a and b.

    Returns:
        A tensor of the same shape and dtype.
    """
    lab = ops.convert_to_tensor(lab)
    return (lab - _last(_CENTER, lab)) / _last(_HALF_RANGE, lab)


def denormalize_lab(normalized):
    """The inverse of `normalize_lab`.

    Args:
        normalized: Tensor `(..., 3)` in [-1, 1]; or `(..., 2)`, only a and b.

    Returns:
        Lab, or a and b: a tensor of the same shape and dtype.
    """
    normalized = ops.convert_to_tensor(normalized)
    half_range = _last(_HALF_RANGE, normalized)
    return normalized * half_range + _last(_CENTER, normalized)


def _last(values, like):
    """The constants of a tensor's channels: L, a and b, or only a and b."""
    values = values[3 - like.shape[-1] :]
    return ops.convert_to_tensor(values, dtype=like.dtype)
