"""ICC profiles: some stay with the pixels, others are applied to them."""

import io
import warnings

import numpy as np
from PIL import ImageCms

from keras_colorize.images import libvips
from keras_colorize.images.errors import reason

_SPACES = {1: "GRAY", 3: "RGB", 4: "CMYK"}
# Rows at a time that are computed with more bits than they have.
_ROWS = 64
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}


def settle_profile(pixels, icc_profile, name):
    """Gray or RGB pixels, and the RGB profile that describes them or None.

    RGB and gray pixels keep an RGB profile. A gray or CMYK profile cannot
    describe RGB output, so the pixels are converted to sRGB at their own depth
    (relative colorimetric, black point compensated). CMYK pixels without a
    profile are converted as Pillow converts them. A profile that is damaged or
    made for other pixels is ignored with a warning.

    `pixels` are uint8 or uint16 `(H, W, C)`: 1 gray, 3 RGB, 4 CMYK, where 0 is
    no ink. `name` is the photograph's name in warnings.
    """
    cmyk = pixels.shape[2] == 4
    if icc_profile:
        try:
            space = _space(icc_profile)
            if space == "RGB" and not cmyk:
                return pixels, icc_profile
            if space == _SPACES[pixels.shape[2]]:
                return _to_srgb(pixels, icc_profile), None
            problem = f"it describes {reason(space)} pixels"
        except Exception as error:
            problem = reason(error)
        warnings.warn(
            f"The color profile of {name} does not fit and is ignored: "
            f"{problem}."
        )
    return (_plain_rgb(pixels) if cmyk else pixels), None


def _space(icc_profile):
    """The color space of a profile's pixels, if the profile can be applied."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
    space = profile.profile.xcolor_space.strip()
    if space in _MODES:
        # Raises what libvips would ignore: tables that are missing or damaged.
        srgb = ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        mode = _MODES[space]
        ImageCms.buildTransform(profile, srgb, mode, "RGB", intent)
    return space


def _to_srgb(pixels, icc_profile):
    cmyk = pixels.shape[2] == 4
    kind = "cmyk" if cmyk else "auto"
    image = libvips.as_image(pixels, icc_profile, kind)
    rgb = image.icc_transform(
        "srgb",
        embedded=True,
        intent="relative",
        black_point_compensation=True,
        depth=8 * pixels.dtype.itemsize,
    ).numpy()
    return rgb if cmyk else rgb[..., 1:2]


def _plain_rgb(cmyk):
    """(1 - ink)(1 - black), rounded, at any depth."""
    # uint32 holds 65535 * 65535 + 32767.
    white = np.uint32(np.iinfo(cmyk.dtype).max)
    rgb = np.empty((*cmyk.shape[:2], 3), cmyk.dtype)
    for top in range(0, len(cmyk), _ROWS):
        light = white - cmyk[top : top + _ROWS]
        product = light[..., :3] * light[..., 3:]
        rgb[top : top + _ROWS] = (product + white // 2) // white
    return rgb
