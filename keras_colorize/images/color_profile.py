"""ICC profiles: which stay with the pixels, and which are applied to them."""

import io
import warnings

import numpy as np
from PIL import ImageCms

from keras_colorize.images import libvips

_SPACES = {1: "GRAY", 3: "RGB", 4: "CMYK"}
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
_ROWS = 64


def settle_profile(pixels, icc_profile, name):
    """Gray or RGB pixels, and the RGB profile that describes them or None.

    An RGB profile stays with its pixels, which are not converted. Gray pixels
    may have one, too. A gray or CMYK profile cannot describe RGB output, so the
    pixels are converted to sRGB at their own depth (relative colorimetric,
    black point compensated). CMYK pixels without a profile are converted as
    Pillow converts them. A profile that is damaged or made for other pixels is
    left out with a warning.

    Args:
        pixels: uint8 or uint16 array `(H, W, C)`: 1 gray, 3 RGB, 4 CMYK, where
            0 is no ink.
        icc_profile: bytes or None.
        name: str. The photograph's name in warnings.

    Returns:
        Tuple of the pixels `(H, W, 1 or 3)` and bytes or None.
    """
    channels = pixels.shape[2]
    if icc_profile:
        try:
            space = _space(icc_profile)
            if space == "RGB" and channels != 4:
                return pixels, icc_profile
            if space == _SPACES[channels]:
                return _to_srgb(pixels, icc_profile), None
            problem = f"it describes {space} pixels"
        except Exception as error:
            problem = " ".join(str(error).split())
        warnings.warn(
            f"The color profile of {name} is left out ({problem}), and its "
            f"{_SPACES[channels]} pixels are read as without one."
        )
    return (_plain_rgb(pixels) if channels == 4 else pixels), None


def _space(icc_profile):
    """The color space of a profile's pixels, if the profile can be applied."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
    space = profile.profile.xcolor_space.strip()
    if space in _MODES:
        # Raises what libvips would ignore: tables that are missing or damaged.
        srgb = ImageCms.createProfile("sRGB")
        ImageCms.buildTransform(profile, srgb, _MODES[space], "RGB")
    return space


def _to_srgb(pixels, icc_profile):
    cmyk = pixels.shape[2] == 4
    image = libvips.as_image(pixels, icc_profile, cmyk)
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
        light = white - cmyk[top : top + _ROWS].astype(np.uint32)
        products = light[..., :3] * light[..., 3:] + white // 2
        rgb[top : top + _ROWS] = products // white
    return rgb
