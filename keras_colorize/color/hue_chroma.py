"""The lightness, hue and chroma of Larsson et al. (2016).

Lightness is the mean of R, G and B. Hue is the hue of HSV. Chroma is the
largest channel minus the smallest. All are computed from gamma-encoded sRGB.
Hue and chroma are stored as a point of the plane, chroma (cos 2 pi hue,
sin 2 pi hue), so that colors can be averaged and resized.
"""

import math

from keras import ops

from keras_colorize.color.pixels import to_float

_TURN = 2.0 * math.pi


def rgb_to_hue_chroma(rgb):
    """Splits sRGB into lightness and a point of the hue/chroma plane.

    Args:
        rgb: Array or tensor `(..., 3)`: uint8, uint16, or float in [0, 1].

    Returns:
        Two float32 tensors: lightness `(..., 1)` in [0, 1]; and the point
        `(..., 2)`, whose length is the chroma and whose angle is the hue.
        The point of gray is 0.
    """
    rgb = to_float(rgb)
    r, g, b = (rgb[..., i : i + 1] for i in range(3))
    high = ops.max(rgb, axis=-1, keepdims=True)
    chroma = high - ops.min(rgb, axis=-1, keepdims=True)
    safe = ops.where(chroma > 0.0, chroma, 1.0)
    sixths = ops.where(
        high == r,
        (g - b) / safe,
        ops.where(high == g, 2.0 + (b - r) / safe, 4.0 + (r - g) / safe),
    )
    angle = sixths * (_TURN / 6.0)
    plane = ops.concatenate([ops.cos(angle), ops.sin(angle)], axis=-1)
    return ops.mean(rgb, axis=-1, keepdims=True), chroma * plane


def hue_and_chroma(plane):
    """Hue in [0, 1) and chroma, each `(..., 1)`, of points `(..., 2)`."""
    x, y = plane[..., :1], plane[..., 1:]
    hue = ops.arctan2(y, x) / _TURN
    # `ops.mod` would round a hue just below 0 to 1.
    hue = ops.where(hue < 0.0, hue + 1.0, hue)
    return ops.where(hue >= 1.0, 0.0, hue), ops.sqrt(x * x + y * y)


def hue_chroma_to_rgb(lightness, plane):
    """The inverse of `rgb_to_hue_chroma`, without clipping.

    Colors are made by HSV with V = L + C/2 and V S = C. Then one number is
    added to all channels so that their mean is L (Larsson et al. 2016,
    section 3).

    Args:
        lightness: Float tensor `(..., 1)` in [0, 1].
        plane: Float tensor `(..., 2)`.

    Returns:
        A float32 tensor `(..., 3)`, which may leave [0, 1].
    """
    hue, chroma = hue_and_chroma(ops.cast(plane, "float32"))
    offsets = []
    for shift in (5.0, 3.0, 1.0):
        k = ops.mod(shift + 6.0 * hue, 6.0)
        share = ops.clip(ops.minimum(k, 4.0 - k), 0.0, 1.0)
        offsets.append(-chroma * share)
    # V is left out: it would be subtracted again with the mean.
    rgb = ops.concatenate(offsets, axis=-1)
    rgb = rgb - ops.mean(rgb, axis=-1, keepdims=True)
    return rgb + ops.cast(lightness, "float32")
