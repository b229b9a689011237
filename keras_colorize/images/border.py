"""Paper borders of scanned photographs."""

import numpy as np
from PIL import Image
from PIL import ImageFilter

from keras_colorize.images.photograph import with_depth

# The longest distance from the lightness of the paper, of 0 to 255.
_TOLERANCE = 24
# Paper is at least so light, or at most so dark.
_LIGHT, _DARK = 150, 60
# The share of paper in a row of the border.
_SHARE = 0.9
# Shares of a side: the thinnest and the thickest border, and how much farther
# inward the border of a scan that is not straight may go.
_THINNEST, _THICKEST, _SLANT = 0.01, 0.3, 0.03


def border_mask(pixels):
    """Finds the paper border of a photograph.

    A border is a frame on all four sides that is nearly uniform, and light or
    dark. The paper is as light as the median of the outermost pixels. On each
    side, the border goes inward as long as 9 of 10 pixels of a row are paper,
    and 3% of the side farther where the scan is not straight. So writing ends
    the border. A white sky is no border, since it is not on all four sides.

    Args:
        pixels: uint8 or uint16 array, `(H, W, 1)` gray or `(H, W, 3)` RGB.

    Returns:
        A bool array `(H, W)`: True in the border, False everywhere if there is
        no border.
    """
    light = _lightness(with_depth(pixels, np.uint8))
    # Grain would end a border.
    radius = max(1, round(min(light.shape) / 1000))
    sharp, light = light, _blurred(light, radius)
    nothing = np.zeros(light.shape, bool)
    edge = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    paper = np.median(edge)
    if _DARK < paper < _LIGHT:
        return nothing
    is_paper = _is_paper(light, paper)
    # Views in which the border begins at the top.
    turned = [
        lambda array: array,
        lambda array: array[::-1],
        lambda array: array.T,
        lambda array: array.T[::-1],
    ]
    depths = [_depth(turn(is_paper)) for turn in turned]
    if not all(
        depth >= max(1, _THINNEST * turn(light).shape[0])
        for turn, depth in zip(turned, depths)
    ):
        return nothing
    mask = nothing
    for turn, depth in zip(turned, depths):
        view = turn(is_paper)
        slant = depth + round(_SLANT * len(view))
        inward = np.logical_and.accumulate(view[depth:slant])
        turn(mask)[:depth] = True
        turn(mask)[depth:slant] |= inward
    # The blur mixes the innermost pixels of the border with the picture.
    near = _blurred(mask.astype(np.uint8) * np.uint8(255), radius) > 0
    return mask | near & _is_paper(sharp, paper)


def keep_border(photograph, colorings):
    """Puts the paper border of a photograph back into its colorings.

    The border gets the photograph's own pixels: a gray border is gray, and a
    toned border keeps its tone, which is a true color of the paper.

    Args:
        photograph: uint8 or uint16 array, `(H, W, 1)` gray or `(H, W, 3)` RGB.
        colorings: uint8 or uint16 array `(..., H, W, 3)`.

    Returns:
        An array of the shape and the dtype of `colorings`.
    """
    mask = border_mask(photograph)
    own = with_depth(photograph, colorings.dtype)
    return np.where(mask[..., None], own, colorings)


def _depth(is_paper):
    """The number of rows of a border that begins at the top."""
    share = is_paper.mean(1)
    thickest = int(_THICKEST * len(share))
    return int(np.logical_and.accumulate(share >= _SHARE)[:thickest].sum())


def _is_paper(light, paper):
    return (light >= paper - _TOLERANCE) & (light <= paper + _TOLERANCE)


def _lightness(pixels):
    """The luma of uint8 pixels as uint8 `(H, W)`."""
    samples = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    image = Image.fromarray(np.ascontiguousarray(samples))
    return np.asarray(image.convert("L"))


def _blurred(samples, radius):
    image = Image.fromarray(samples)
    return np.asarray(image.filter(ImageFilter.BoxBlur(radius)))
