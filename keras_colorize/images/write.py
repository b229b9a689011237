"""Photographs to files."""

import dataclasses
import io
import math
import os
import warnings

import numpy as np
from PIL import Image

from keras_colorize.atomic_write import atomic_write
from keras_colorize.images import libvips
from keras_colorize.images.formats import ALPHA_FORMATS
from keras_colorize.images.formats import DEEP_FORMATS
from keras_colorize.images.formats import FORMATS
from keras_colorize.images.formats import LONGEST_SIDE
from keras_colorize.images.formats import format_of
from keras_colorize.images.photograph import Photograph
from keras_colorize.images.photograph import with_depth

# An APP1 segment of a JPEG file holds no more.
_LONGEST_JPEG_EXIF = 65533

_PILLOW_OPTIONS = {
    # A third of the time of Pillow's default 6, for files 3% larger.
    "PNG": {"compress_level": 3},
    # Full resolution of chroma, which the model has drawn.
    "JPEG": {"quality": 95, "subsampling": 0},
    # Lossless, because lossy WebP halves the resolution of chroma.
    "WEBP": {"lossless": True, "exact": True},
    "BMP": {},
}


def write_photograph(path, photograph, overwrite=False):
    """Writes a photograph to a file.

    The suffix decides the format. If writing fails, nothing is left behind and
    an older file stays as it was.

    PNG and TIFF hold everything: 16 bits, alpha, ICC profile, EXIF and DPI.
    JPEG (quality 95, chroma at full resolution) and WebP (lossless) hold an ICC
    profile and EXIF; JPEG also DPI, WebP also alpha. BMP holds DPI. For JPEG,
    WebP and BMP, 16 bits are rounded to 8. The ICC profile of gray pixels is
    not written. JPEG and BMP have no alpha: an opaque alpha is left out, and
    any other alpha is refused.

    Args:
        path: str or PathLike. Ends in .png, .jpg, .jpeg, .tif, .tiff, .webp
            or .bmp.
        photograph: `Photograph`.
        overwrite: bool. Whether to replace a file of this name.

    Raises:
        FileExistsError: The path exists and `overwrite` is False.
        FileNotFoundError: There is no such folder.
        OSError: The file cannot be written.
        TypeError: `photograph` is not a `Photograph`.
        ValueError: The suffix is unknown, or the format cannot hold the
            photograph's alpha or size.
    """
    if not isinstance(photograph, Photograph):
        raise TypeError(
            f"Expected a Photograph, got {type(photograph).__name__}. Pass "
            "Photograph(pixels), or photograph.with_pixels(pixels) to keep its "
            "metadata."
        )
    format = format_of(path)
    # A link is not replaced: its target is written.
    place = os.path.realpath(path)
    if not os.path.isdir(os.path.dirname(place)):
        raise FileNotFoundError(
            f"{os.fspath(path)!r} is in no folder that exists. Make it first."
        )
    if not overwrite and os.path.exists(place):
        raise FileExistsError(
            f"{os.fspath(path)!r} exists. Give another name, or set "
            "overwrite=True."
        )
    problem = cannot_hold(format, photograph)
    if problem in ("size", "transparency"):
        raise ValueError(
            f"{os.fspath(path)!r}: {format} cannot hold the photograph's "
            f"{problem}. Write .png or .tif."
        )
    if format not in ALPHA_FORMATS:
        photograph = dataclasses.replace(photograph, alpha=None)
    atomic_write(place, encode(photograph, format))


def cannot_hold(format, photograph):
    """The problem of a format, or None.

    "format" (it is not written), "size", "transparency" or "depth".
    """
    if format not in FORMATS:
        return "format"
    longest = LONGEST_SIDE.get(format, math.inf)
    if max(photograph.pixels.shape[:2]) > longest:
        return "size"
    alpha = photograph.alpha
    if format not in ALPHA_FORMATS and alpha is not None:
        if alpha.min() < np.iinfo(alpha.dtype).max:
            return "transparency"
    if format not in DEEP_FORMATS and photograph.bits == 16:
        return "depth"
    return None


def encode(photograph, format):
    """The bytes of a photograph's file."""
    samples = photograph.pixels
    profile = photograph.icc_profile if samples.shape[2] == 3 else None
    if photograph.alpha is not None:
        samples = np.concatenate([samples, photograph.alpha], axis=2)
    if format not in DEEP_FORMATS:
        samples = with_depth(samples, np.uint8)
    exif = photograph.exif
    if exif and format == "JPEG" and len(exif) > _LONGEST_JPEG_EXIF:
        warnings.warn(
            f"The EXIF data has {len(exif)} bytes and is left out: a JPEG file "
            f"holds at most {_LONGEST_JPEG_EXIF}. PNG, TIFF and WebP hold more."
        )
        exif = None
    if format == "TIFF" or samples.dtype == np.uint16:
        return libvips.encode(samples, format, profile, exif, photograph.dpi)
    options = {"icc_profile": profile, "exif": exif, "dpi": photograph.dpi}
    options = {key: value for key, value in options.items() if value}
    if samples.shape[2] == 1:
        samples = samples[..., 0]
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(samples))
    image.save(buffer, format, **options, **_PILLOW_OPTIONS[format])
    return buffer.getvalue()
