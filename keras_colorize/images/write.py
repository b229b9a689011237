"""Photographs to files."""

import dataclasses
import io
import math
import os
import warnings

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from keras_colorize.atomic_write import atomic_write
from keras_colorize.images import libvips
from keras_colorize.images import metadata
from keras_colorize.images.formats import ALPHA_FORMATS
from keras_colorize.images.formats import DEEP_FORMATS
from keras_colorize.images.formats import FORMATS
from keras_colorize.images.formats import LONGEST_SIDE
from keras_colorize.images.formats import format_of
from keras_colorize.images.photograph import Photograph
from keras_colorize.images.photograph import with_depth
from keras_colorize.images.segments import COMMENT
from keras_colorize.images.segments import jpeg_head
from keras_colorize.images.segments import png_text_chunks

# What a segment of a JPEG file holds at most, in bytes.
_LONGEST_IN_JPEG = {"exif": 65533, "xmp": 65504, "text": 65533}

_MOST_DPI_OF_JPEG = 65535

_NAMES = {
    "icc_profile": "color profile",
    "exif": "EXIF data",
    "xmp": "XMP data",
    "text": "text",
    "dpi": "resolution",
}
_HOLDS = {
    "PNG": tuple(_NAMES),
    "JPEG": tuple(_NAMES),
    "TIFF": ("icc_profile", "exif", "xmp", "dpi"),
    "WEBP": ("icc_profile", "exif", "xmp", "dpi"),
    "BMP": ("dpi",),
}

_PILLOW_OPTIONS = {
    # A third of the time of Pillow's default 6, for files 3% larger.
    "PNG": {"compress_level": 3},
    "JPEG": {},
    # Lossless, because lossy WebP halves the resolution of chroma.
    "WEBP": {"lossless": True, "exact": True},
    "BMP": {},
}


def write_photograph(path, photograph, overwrite=False):
    """Writes a photograph to a file.

    The suffix decides the format. If writing fails, nothing is left behind and
    an older file stays as it was.

    PNG, JPEG (quality 95, chroma at full resolution), TIFF and WebP (lossless)
    hold an ICC profile, EXIF, XMP and DPI (WebP in its EXIF data). PNG holds
    texts, and JPEG those of the keyword "Comment". BMP holds DPI alone. A
    warning says what is left out. The ICC profile of gray pixels is not
    written.

    PNG and TIFF hold 16 bits. For other formats, 16 bits are rounded to 8. JPEG
    and BMP have no alpha: an opaque alpha is left out, and any other alpha is
    refused.

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
    if photograph.alpha is not None:
        samples = np.concatenate([samples, photograph.alpha], axis=2)
    if format not in DEEP_FORMATS:
        samples = with_depth(samples, np.uint8)
    photograph = _without_rest(photograph, format)
    chunks = []
    if format == "PNG":
        chunks = png_text_chunks(photograph.text, photograph.xmp)
    if format == "TIFF" or samples.dtype == np.uint16:
        return libvips.encode(samples, format, photograph, chunks)
    options = {
        "icc_profile": photograph.icc_profile,
        "exif": photograph.exif,
        "dpi": photograph.dpi,
    }
    if format == "PNG":
        options["pnginfo"] = PngInfo()
        for chunk in chunks:
            options["pnginfo"].add(*chunk)
    else:
        options["xmp"] = photograph.xmp
        options["comment"] = photograph.text.get(COMMENT, "").encode()
    options = {key: value for key, value in options.items() if value}
    if format == "JPEG":
        # Pillow copies pixels, to 4 bytes each. So Pillow writes the metadata,
        # with a single pixel, and libvips the pixels.
        head = jpeg_head(_by_pillow(samples[:1, :1], format, options))
        return libvips.encode_jpeg(samples, head)
    return _by_pillow(samples, format, options)


def _by_pillow(samples, format, options):
    if samples.shape[2] == 1:
        samples = samples[..., 0]
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(samples))
    image.save(buffer, format, **options, **_PILLOW_OPTIONS[format])
    return buffer.getvalue()


def _without_rest(photograph, format):
    """The photograph with the metadata that goes into the file.

    Warns of what the format cannot hold.
    """
    kept = {name: getattr(photograph, name) for name in _NAMES}
    if photograph.pixels.shape[2] == 1:
        # It describes RGB pixels.
        kept["icc_profile"] = None
    if format == "WEBP":
        kept["exif"] = metadata.with_dpi(kept["exif"], kept["dpi"])
    for name, value in kept.items():
        if value and name not in _HOLDS[format]:
            _warn_left_out(_NAMES[name], f"{format} cannot hold it")
            kept[name] = {} if name == "text" else None
    if format == "JPEG":
        kept["text"] = _jpeg_text(kept["text"])
        if kept["dpi"] and max(kept["dpi"]) > _MOST_DPI_OF_JPEG:
            _warn_left_out(
                _NAMES["dpi"],
                f"JPEG holds at most {_MOST_DPI_OF_JPEG} pixels per inch",
            )
            kept["dpi"] = None
        for name, longest in _LONGEST_IN_JPEG.items():
            value = kept[name]
            if name == "text":
                value = value.get(COMMENT, "").encode()
            if value and len(value) > longest:
                _warn_left_out(
                    _NAMES[name],
                    f"it has {len(value)} bytes, and a JPEG file holds at most "
                    f"{longest}; PNG holds more",
                )
                kept[name] = {} if name == "text" else None
    return dataclasses.replace(photograph, **kept)


def _jpeg_text(text):
    others = sorted(set(text) - {COMMENT})
    if others:
        _warn_left_out(
            "text",
            "JPEG holds a comment alone, and no "
            f"{', '.join(map(repr, others))}",
        )
    return {key: text[key] for key in text if key == COMMENT}


def _warn_left_out(what, why):
    warnings.warn(f"The photograph's {what} is left out: {why}.")
