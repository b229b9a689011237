"""Photographs from files and from PIL images."""

import contextlib
import io
import os
import struct
import warnings

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile

from keras_colorize.images import libvips
from keras_colorize.images import metadata
from keras_colorize.images.color_profile import settle_profile
from keras_colorize.images.formats import FORMATS
from keras_colorize.images.formats import sniff
from keras_colorize.images.photograph import Photograph

# Pillow's own limit: 512 MiB of 8-bit RGB.
MAX_PIXELS = 178_956_970

# Progressive JPEG files have about 10.
_MAX_SCANS = 100

_EXTRA_SAMPLES, _PHOTOMETRIC, _COMPRESSION = 338, 262, 259
_YCBCR, _JPEG = 6, 7
_DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_ROWS = 64

# How stored pixels become upright, by EXIF orientation.
_UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def read_photograph(source, max_pixels=MAX_PIXELS):
    """The photograph in a PNG, JPEG, TIFF, WebP or BMP file.

    The file's content decides the format, not its name. The EXIF orientation
    is applied. Alpha, EXIF and DPI are kept. 16-bit PNG and TIFF files give
    16-bit pixels. RGB pixels are not converted, and their ICC profile is kept.
    Gray and CMYK pixels with a profile of their own are converted to sRGB by
    the profile, CMYK pixels without one by the plain formula. Of an animation
    or a file of several pages, the first picture is read.

    Integer TIFF files of 32 bits are read as 16 bits, and refused if a sample
    does not fit. Floating-point TIFF files are refused. A JPEG file that lacks
    a part of its picture is read with a warning.

    Args:
        source: str, PathLike or binary file. An open file is read from its
            beginning and left open.
        max_pixels: int or None. Files whose header announces more pixels are
            refused before any pixel is decoded. None means no limit.

    Returns:
        A `Photograph`.

    Raises:
        FileNotFoundError: There is no such file.
        IsADirectoryError: The path is a folder.
        TypeError: `source` has another type.
        ValueError: The file has another format, too many pixels, a kind of
            pixels that is not supported, or it is truncated or damaged.
    """
    if max_pixels is not None and max_pixels < 1:
        raise ValueError(
            f"max_pixels is {max_pixels}. Expected at least 1, or None for no "
            "limit."
        )
    data, name = _content(source)
    format = sniff(data[:32])
    if format is None:
        raise ValueError(
            f"{name} is not a photograph that can be read. Expected a file "
            f"that begins as one of {', '.join(FORMATS)} does. Convert the "
            "photograph to one of these formats."
        )
    with _damage_named(name, format):
        if format == "BMP":
            # Not Image.open, which has a pixel limit of its own.
            image = BmpImageFile(io.BytesIO(data))
        else:
            image = libvips.open_image(data, format)
    count = image.width * image.height
    if max_pixels is not None and count > max_pixels:
        raise ValueError(
            f"{name} announces {image.width} x {image.height} = {count} "
            f"pixels, more than max_pixels = {max_pixels}. If you trust the "
            "file, raise max_pixels. If not, it may be a decompression bomb."
        )
    with _damage_named(name, format):
        if format == "BMP":
            return _from_pil(image, name)
        return _from_vips(image, data, format, name)


def photograph_from_pil(image):
    """The photograph in a PIL image.

    The EXIF orientation is applied, and alpha, ICC profile, EXIF and DPI are
    kept, as `read_photograph` does for a file. Modes I and I;16 give 16 bits.
    Pillow reduces 16-bit RGB and 16-bit alpha to 8 bits: read such files with
    `read_photograph`.

    Args:
        image: PIL image of mode 1, L, LA, I, I;16, P, PA, RGB, RGBA, RGBX,
            YCbCr or CMYK. Its current frame is used.

    Returns:
        A `Photograph`.

    Raises:
        TypeError: `image` is not a PIL image.
        ValueError: The mode is another, the samples of mode I do not fit into
            16 bits, or the image's file is damaged.
    """
    if not isinstance(image, Image.Image):
        raise TypeError(
            f"Expected a PIL image, got {type(image).__name__}. Read a path "
            "with read_photograph, or use PIL.Image.fromarray for an array."
        )
    name = getattr(image, "filename", "") or "the PIL image"
    try:
        return _from_pil(image, name)
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(
            f"Cannot use {name} ({image.mode}, {image.width} x "
            f"{image.height}): {error}."
        ) from error


def _from_vips(image, data, format, name):
    fields = image.get_fields()
    profile, block = (
        image.get(field) if field in fields else None
        for field in ("icc-profile-data", "exif-data")
    )
    tags, dpi, has_alpha = None, None, True
    if format == "TIFF":
        tags = metadata.tiff_tags(io.BytesIO(data))
        if tags.get(_PHOTOMETRIC) == _YCBCR and tags.get(_COMPRESSION) != _JPEG:
            raise ValueError("its colors are YCbCr, not gray, RGB or CMYK")
        extra = tags.get(_EXTRA_SAMPLES, 0)
        has_alpha = (extra[0] if isinstance(extra, tuple) else extra) in (1, 2)
    elif format == "PNG":
        # libvips sees no EXIF block behind the pixels, and makes up a
        # resolution where there is none.
        chunks = dict(libvips.png_chunks(data))
        block = bytes(chunks.get(b"eXIf", b""))
        # libvips leaves out a damaged profile; settle_profile warns of it.
        profile = profile or bytes(chunks.get(b"iCCP", b""))
        said = chunks.get(b"pHYs", bytes(9))
        *density, unit = struct.unpack(">IIB", said)
        dpi = [0.0254 * value for value in density] if unit else None
    elif format == "JPEG":
        # A scan of a few bytes costs as much time as a pass over the picture.
        if (scans := libvips.count_scans(data)) > _MAX_SCANS:
            raise ValueError(f"it has {scans} scans, more than {_MAX_SCANS}")
        if "resolution-unit" in fields:
            dpi = 25.4 * image.xres, 25.4 * image.yres
    samples, colors = libvips.decode(image, data, format, name)
    pixels, alpha = _as_integers(samples[..., :colors]), None
    if samples.shape[2] > colors and has_alpha:
        alpha = _as_integers(samples[..., colors : colors + 1])
    return _photograph(pixels, alpha, profile, tags, block, dpi, format, name)


def _from_pil(image, name):
    block = image.info.get("exif")
    dpi = image.info.get("dpi")
    # Where a file says none, Pillow says 72 for JPEG and 1 for TIFF.
    if image.format == "JPEG" and not image.info.get("jfif_unit"):
        dpi = None
    elif image.format == "TIFF":
        dpi = metadata.dpi_of(image.getexif())
    image.load()
    # Only now: Pillow turns TIFF files upright as it loads them.
    tags = None if block else image.getexif()
    pixels, alpha = _pil_samples(image)
    profile = image.info.get("icc_profile")
    return _photograph(
        pixels, alpha, profile, tags, block, dpi, image.format, name
    )


def _photograph(pixels, alpha, profile, tags, block, dpi, format, name):
    """A `Photograph` of samples as stored and of what was stored with them."""
    pixels, profile = settle_profile(pixels, profile, name)
    try:
        if tags is None:
            tags = metadata.exif_tags(block)
        exif = metadata.carried_exif(tags, block)
    except Exception as error:
        warnings.warn(
            f"The EXIF data of {name} cannot be read and is left out: {error}"
        )
        tags, exif = Image.Exif(), None
    turn = _UPRIGHT[metadata.orientation_of(tags)]
    alpha = None if alpha is None else turn(alpha)
    dpi = metadata.dpi_of(tags, dpi)
    return Photograph(turn(pixels), alpha, profile, exif, dpi, format)


def _as_integers(samples):
    """Samples as uint8 or uint16. Others are refused if they do not fit."""
    if samples.dtype in (np.uint8, np.uint16):
        return samples
    if samples.dtype.kind not in "iu" or samples.dtype.itemsize == 1:
        raise ValueError(
            f"its samples are {samples.dtype}, not unsigned integers"
        )
    if samples.min() < 0 or samples.max() > 65535:
        raise ValueError(
            f"its samples go from {samples.min()} to {samples.max()}, outside "
            "0 to 65535"
        )
    return samples.astype(np.uint16)


def _pil_samples(image):
    """The samples `(H, W, C)` of a PIL image, and alpha `(H, W, 1)` or None."""
    if 0 in image.size:
        raise ValueError("it has no pixels")
    if image.mode in _DEEP:
        return _as_integers(np.asarray(image))[..., None], None
    alpha = image.has_transparency_data
    if image.mode == "CMYK":
        mode, alpha = "CMYK", False
    elif image.mode in ("1", "L", "LA", "La"):
        mode = "LA" if alpha else "L"
    elif image.mode in ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr"):
        mode = "RGBA" if alpha else "RGB"
    else:
        raise ValueError(
            f"its mode is {image.mode!r}. Convert the image first, for example "
            'with image.convert("RGB")'
        )
    width, height = image.size
    samples = np.empty((height, width, len(mode)), np.uint8)
    # In strips, so that the whole picture is copied once.
    for top in range(0, height, _ROWS):
        strip = image.crop((0, top, width, min(top + _ROWS, height)))
        if strip.mode != mode:
            strip = strip.convert(mode)
        rows = samples[top : top + _ROWS]
        rows[:] = np.asarray(strip).reshape(rows.shape)
    if alpha:
        return samples[..., :-1], samples[..., -1:]
    return samples, None


def _content(source):
    """The bytes of a file and its name for messages."""
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            return file.read(), repr(os.fspath(source))
    if not hasattr(source, "read") or isinstance(source, io.TextIOBase):
        raise TypeError(
            f"Cannot read a photograph from {type(source).__name__}. Expected "
            "a path or a file opened in binary mode. Give a PIL image to "
            "photograph_from_pil."
        )
    if source.seekable():
        source.seek(0)
    name = getattr(source, "name", None)
    name = repr(name) if isinstance(name, str) else "the open file"
    return source.read(), name


@contextlib.contextmanager
def _damage_named(name, format):
    """Turns what a decoder raises into a ValueError that names the file."""
    try:
        yield
    except (ImportError, MemoryError):
        raise
    except Exception as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{name} begins as a {format} file but cannot be read: {cause}. "
            "The file is truncated, damaged or of a kind that is not "
            "supported. Fetch it again, or save it as an 8- or 16-bit PNG."
        ) from error
