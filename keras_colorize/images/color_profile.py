"""ICC profiles: which are carried, and the conversion of those that are not."""

import io
import warnings

import numpy as np
from PIL import Image
from PIL import ImageCms

_CHANNELS = {1: "gray", 3: "RGB", 4: "CMYK"}
_SPACES = {1: "GRAY", 3: "RGB", 4: "CMYK"}


def settle_profile(pixels, icc_profile, name):
    """Pixels of gray or RGB, and the RGB profile that describes them or None.

    An RGB profile is handed on untouched, with RGB pixels and with gray ones
    (gray files often carry one). A gray or CMYK profile can describe no RGB
    output, so the pixels are converted by it to sRGB (relative colorimetric,
    black point compensated), at their own depth. CMYK without a profile is
    converted as Pillow does. A profile that is malformed or of another kind of
    pixels is left out with a warning.

    Args:
        pixels: uint8 or uint16 array `(H, W, C)`, C being 1 for gray, 3 for
            RGB, 4 for CMYK (0 is no ink).
        icc_profile: bytes or None.
        name: str. What the photograph is called in the warning.

    Returns:
        Tuple of the pixels `(H, W, 1 or 3)` and bytes or None.
    """
    channels = pixels.shape[2]
    if icc_profile:
        space = _space(icc_profile)
        if space == "RGB" and channels != 4:
            return pixels, icc_profile
        if space == _SPACES[channels]:
            convert = _convert_8 if pixels.dtype == np.uint8 else _convert_16
            rgb = convert(pixels, icc_profile)
            return (rgb[..., 1:2] if channels == 1 else rgb), None
        what = f"a profile of {space} pixels" if space else "malformed"
        warnings.warn(
            f"The color profile of {name} is left out: it is {what}, and the "
            f"photograph is {_CHANNELS[channels]}. Its colors are taken "
            "for sRGB.",
            stacklevel=2,
        )
    if channels == 4:
        return _plain_cmyk(pixels), None
    return pixels, None


def _space(icc_profile):
    """The color space of a profile's pixels; None if it is malformed."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile)).profile
        return profile.xcolor_space.strip()
    except Exception:
        return None


def _convert_8(pixels, icc_profile):
    height, width, channels = pixels.shape
    mode = "L" if channels == 1 else "CMYK"
    converted = ImageCms.profileToProfile(
        Image.frombytes(mode, (width, height), pixels.tobytes()),
        io.BytesIO(icc_profile),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return np.asarray(converted)


def _convert_16(pixels, icc_profile):
    # ImageCms has no 16-bit modes.
    from keras_colorize.images import sixteen_bit

    return sixteen_bit.to_srgb(pixels, icc_profile)


def _plain_cmyk(pixels):
    """(1 - ink)(1 - black), rounded: Pillow's conversion, at any depth."""
    white = np.uint64(np.iinfo(pixels.dtype).max)
    light = white - pixels.astype(np.uint64)
    rgb = (light[..., :3] * light[..., 3:] + white // 2) // white
    return rgb.astype(pixels.dtype)
