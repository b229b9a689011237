"""The contact sheet of one photograph."""

import numpy as np
from keras import ops

from keras_colorize.color import lab_to_rgb
from keras_colorize.color import luminance
from keras_colorize.images import Photograph
from keras_colorize.images import contact_sheet
from keras_colorize.images.photograph import with_depth

_BACKGROUND = 128


def sheet_of(photograph, colorings):
    """A photograph in gray and its colorings, side by side.

    Args:
        photograph: `Photograph`, gray or in color.
        colorings: list of `Photograph` of the same size.

    Returns:
        A `Photograph` of 8 bits.
    """
    gray = photograph.with_pixels(_gray(photograph.pixels))
    tiles = [_flat(picture) for picture in (gray, *colorings)]
    return Photograph(contact_sheet(tiles), icc_profile=photograph.icc_profile)


def _gray(pixels):
    """The luminance that the model sees, as 8-bit gray."""
    if pixels.shape[2] == 1:
        return with_depth(pixels, np.uint8)
    lightness = luminance(pixels)
    neutral = ops.zeros_like(lightness)
    rgb = lab_to_rgb(ops.concatenate([lightness, neutral, neutral], axis=-1))
    gray = ops.convert_to_numpy(rgb)[..., 1:2]
    return np.floor(255 * gray + 0.5).astype(np.uint8)


def _flat(photograph):
    """8-bit pixels, what is transparent replaced by the sheet's gray."""
    pixels = with_depth(photograph.pixels, np.uint8)
    if photograph.alpha is None:
        return pixels
    alpha = with_depth(photograph.alpha, np.uint8).astype(np.float32) / 255
    mixed = alpha * pixels + (1 - alpha) * _BACKGROUND
    return np.floor(mixed + 0.5).astype(np.uint8)
