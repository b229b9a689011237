"""A photograph made of decoded samples and the metadata beside them."""

import math

from PIL import ExifTags

from keras_colorize.images.color_profile import settle_profile
from keras_colorize.images.orientation import swaps_axes
from keras_colorize.images.orientation import upright
from keras_colorize.images.photograph import Photograph

_PER_INCH = {2: 1.0, 3: 2.54}


def build(pixels, alpha, icc_profile, exif, dpi, orientation, format, name):
    """A `Photograph` of samples as stored: turned upright, profile settled.

    Args:
        pixels: uint8 or uint16 array `(H, W, C)`: 1 gray, 3 RGB, 4 CMYK.
        alpha: array `(H, W, 1)` or None.
        icc_profile: bytes or None.
        exif: bytes or None. Without an orientation.
        dpi: pair of numbers or None, as stored.
        orientation: int. The EXIF orientation still to be applied.
        format: str or None.
        name: str. What the photograph is called in warnings.
    """
    pixels, icc_profile = settle_profile(pixels, icc_profile, name)
    pixels = upright(pixels, orientation)
    if alpha is not None:
        alpha = upright(alpha, orientation)
    return Photograph(pixels, alpha, icc_profile, exif, dpi=dpi, format=format)


def dpi_of(image, orientation):
    """Pixels per inch of a PIL image once it is upright; None if unsaid.

    WebP says it in the EXIF block alone. Where a file says it nowhere, Pillow
    says 72 for JPEG and 1 for TIFF, which is not believed.
    """
    dpi = image.info.get("dpi")
    if image.format == "JPEG" and not image.info.get("jfif_unit"):
        dpi = None
    tags = getattr(image, "tag_v2", None)
    if tags is not None and ExifTags.Base.XResolution not in tags:
        dpi = None
    try:
        if dpi is None:
            exif = image.getexif()
            unit = _PER_INCH[exif[ExifTags.Base.ResolutionUnit]]
            dpi = [
                exif[tag] * unit
                for tag in (
                    ExifTags.Base.XResolution,
                    ExifTags.Base.YResolution,
                )
            ]
        return clean_dpi(dpi, orientation)
    except Exception:
        return None


def clean_dpi(dpi, orientation):
    """Pixels per inch along the upright x and y; None unless positive."""
    if dpi is None:
        return None
    x, y = (float(value) for value in dpi)
    if not all(math.isfinite(v) and v > 0 for v in (x, y)):
        return None
    return (y, x) if swaps_axes(orientation) else (x, y)
