"""Photographs to files."""

import dataclasses
import io
import os
import warnings

import numpy as np
from PIL import Image

from keras_colorize.atomic_write import atomic_write
from keras_colorize.images import libvips
from keras_colorize.images.formats import ALPHA_FORMATS
from keras_colorize.images.formats import DEEP_FORMATS
from keras_colorize.images.formats import LONGEST_SIDE
from keras_colorize.images.formats import format_of
from keras_colorize.images.photograph import Photograph
from keras_colorize.images.photograph import with_depth

# An APP1 segment of a JPEG file holds no more.
_LONGEST_JPEG_EXIF = 65533

_PILLOW_OPTIONS = {
    # A third of the time of Pillow's default 6, for files 3% larger.
    "PNG": {"compress_level": 3},
    # Full resolution of chroma, which is what the model has drawn.
    "JPEG": {"quality": 95, "subsampling": 0},
    # Lossless, because lossy WebP halves the resolution of chroma.
    "WEBP": {"lossless": True, "exact": True},
    "BMP": {},
}


def write_photograph(path, photograph, overwrite=False):
    """Writes a photograph to a file, whole or not at all.

    The suffix decides the format. The file appears under its name only when it
    is complete. If writing fails, nothing is left behind and an older file
    stays as it was. The folder must exist.

    PNG and TIFF hold everything: 16 bits, alpha, ICC profile, EXIF and DPI.
    JPEG (quality 95, chroma at full resolution) and WebP (lossless) hold an ICC
    profile and EXIF; JPEG also DPI, WebP also alpha. BMP holds DPI. For JPEG,
    WebP and BMP, 16 bits are rounded to 8. An RGB profile is written with RGB
    pixels only. An alpha that is opaque everywhere is left out if the format
    has no alpha. Any other alpha is refused there, because nothing says what
    should show through.

    Args:
        path: str or PathLike. Ends in .png, .jpg, .jpeg, .tif, .tiff, .webp
            or .bmp.
        photograph: `Photograph`.
        overwrite: bool. Whether to replace a file of this name.

    Raises:
        FileExistsError: There is such a file and `overwrite` is False.
        FileNotFoundError: There is no such folder.
        IsADirectoryError: The path is a folder.
        TypeError: `photograph` is not a `Photograph`.
        ValueError: The suffix is unknown, or the format cannot hold the
            photograph's alpha or size.
    """
    if not isinstance(photograph, Photograph):
        raise TypeError(
            f"Expected a Photograph, got {type(photograph).__name__}. Make "
            "one of an array with Photograph(pixels), or with "
            "photograph.with_pixels(pixels) to keep its metadata."
        )
    format = format_of(path)
    # A link is written through, not replaced.
    place = os.path.realpath(os.fspath(path))
    _check_place(place, path, overwrite)
    _check_size(photograph, format, path)
    photograph = _without_needless_alpha(photograph, format, path)
    atomic_write(place, encode(photograph, format))


def encode(photograph, format):
    """A photograph as the bytes of a file.

    Args:
        photograph: `Photograph`, with an alpha only if the format holds alpha.
        format: A key of `FORMATS`. Pixels of 16 bits are rounded to 8 if the
            format holds no more.

    Returns:
        bytes.
    """
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
            f"holds at most {_LONGEST_JPEG_EXIF}. Write PNG, TIFF or WebP to "
            "keep it."
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


def _check_place(place, path, overwrite):
    if os.path.isdir(place):
        raise IsADirectoryError(
            f"{os.fspath(path)!r} is a folder. Expected the name of a file."
        )
    folder = os.path.dirname(place)
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            f"There is no folder {folder!r} for the file. Make it first."
        )
    if not overwrite and os.path.exists(place):
        raise FileExistsError(
            f"{os.fspath(path)!r} exists. Give another name, or set "
            "overwrite=True."
        )


def _check_size(photograph, format, path):
    height, width = photograph.pixels.shape[:2]
    longest = LONGEST_SIDE.get(format)
    if longest and max(height, width) > longest:
        raise ValueError(
            f"{os.fspath(path)!r} cannot hold {width} x {height} pixels: a "
            f"side of a {format} file is at most {longest}. Write .png or "
            ".tif."
        )


def _without_needless_alpha(photograph, format, path):
    alpha = photograph.alpha
    if alpha is None or format in ALPHA_FORMATS:
        return photograph
    if alpha.min() == (1 << photograph.bits) - 1:
        return dataclasses.replace(photograph, alpha=None)
    raise ValueError(
        f"The photograph is transparent in places, and {format} has no alpha: "
        f"{os.fspath(path)!r}. Write .png, .tif or .webp, or drop the alpha "
        "with dataclasses.replace(photograph, alpha=None)."
    )
