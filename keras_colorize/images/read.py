"""Photographs from files."""

import contextlib
import io
import os

from PIL import BmpImagePlugin
from PIL import JpegImagePlugin
from PIL import PngImagePlugin
from PIL import TiffImagePlugin
from PIL import WebPImagePlugin

from keras_colorize.images import sixteen_bit
from keras_colorize.images.build import build
from keras_colorize.images.build import clean_dpi
from keras_colorize.images.build import dpi_of
from keras_colorize.images.exif import carried_exif
from keras_colorize.images.exif import orientation_in
from keras_colorize.images.formats import FORMATS
from keras_colorize.images.formats import sniff
from keras_colorize.images.from_pil import pil_samples
from keras_colorize.images.tiff_directory import read_tiff_directory

# Where Pillow by default refuses to go on: 512 MiB of 8-bit RGB.
MAX_PIXELS = 178_956_970

# Named one by one, as Image.open has a pixel cap of its own, for the whole
# process, which would be in the way of a higher max_pixels.
_PILLOW = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}


def read_photograph(source, max_pixels=MAX_PIXELS):
    """The photograph in a PNG, JPEG, TIFF, WebP or BMP file.

    The format is told by the file's content, not its name. The EXIF
    orientation is applied; alpha, EXIF and DPI are kept; 16-bit PNG and TIFF
    files give 16-bit pixels. RGB pixels are not converted: their ICC profile
    is kept to go with them. Gray and CMYK pixels with a profile of their own
    are converted by it to sRGB, CMYK without one by the plain formula. Of an
    animation or a file of several pages the first is read.

    Integer TIFF files of 32 bits are read as 16 bits and refused where a
    sample does not fit; those of floats are refused.

    Args:
        source: str, PathLike or binary file. An open file is read from its
            beginning and left open.
        max_pixels: int or None. Files whose header announces more pixels are
            refused before any is decoded. None means no cap.

    Returns:
        A `Photograph`.

    Raises:
        FileNotFoundError: No such file.
        IsADirectoryError: The path is a folder.
        TypeError: `source` or `max_pixels` is of another type.
        ValueError: Not such a file, one truncated, damaged or of a kind not
            read, or one of too many pixels.
    """
    _check_cap(max_pixels)
    with _opened(source) as (file, name):
        file.seek(0)
        format = sniff(file.read(32))
        if format is None:
            raise ValueError(
                f"{name} is not a photograph that can be read: its first "
                f"bytes are of none of {', '.join(FORMATS)}. Convert it to "
                "one of these."
            )
        with _damage_named(name, format):
            size, bits, directory = _header(file, format, name)
        _check_size(size, max_pixels, name)
        with _damage_named(name, format):
            if format == "PNG":
                # Neither decoder looks at every checksum.
                _open(file, format).verify()
            if bits == 16:
                return _read_deep(file, format, name, directory)
            return _read_pillow(file, format, name, directory)


def _check_cap(max_pixels):
    if max_pixels is None:
        return
    if isinstance(max_pixels, bool) or not isinstance(max_pixels, int):
        raise TypeError(
            f"max_pixels is {max_pixels!r}. Expected a positive int, or None "
            "for no cap."
        )
    if max_pixels < 1:
        raise ValueError(
            f"max_pixels is {max_pixels}. Expected at least 1, or None for no "
            "cap."
        )


@contextlib.contextmanager
def _opened(source):
    """The source as a seekable binary file, and a name for messages."""
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        if os.path.isdir(name):
            raise IsADirectoryError(
                f"{name!r} is a folder. Expected a photograph: name a file "
                "in it."
            )
        if not os.path.exists(name):
            raise FileNotFoundError(f"There is no file {name!r} to read.")
        with open(name, "rb") as file:
            yield file, repr(name)
        return
    name = getattr(source, "name", None)
    name = repr(name) if isinstance(name, str) else "the open file"
    if not hasattr(source, "read"):
        raise TypeError(
            f"Cannot read a photograph from {type(source).__name__}. Expected "
            "a path or a file opened in binary mode; PIL images go to "
            "photograph_from_pil."
        )
    if isinstance(source, io.TextIOBase):
        raise TypeError(
            f'{name} is open in text mode. Open it in binary mode: "rb".'
        )
    seekable = hasattr(source, "seekable") and source.seekable()
    yield (source if seekable else io.BytesIO(source.read())), name


@contextlib.contextmanager
def _damage_named(name, format):
    """Whatever a decoder raises, as a ValueError that names the file."""
    try:
        yield
    except Exception as error:
        # The disk's own errors, not a decoder's, have a number.
        if isinstance(error, ImportError) or getattr(error, "errno", None):
            raise
        cause = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{name} begins as a {format} file but cannot be read: {cause}. "
            "It is truncated, damaged or of a kind not supported: fetch it "
            "again, or save it anew as an 8- or 16-bit PNG."
        ) from error


def _check_size(size, max_pixels, name):
    width, height = size
    if max_pixels is not None and width * height > max_pixels:
        raise ValueError(
            f"{name} announces {width} x {height} = {width * height} pixels, "
            f"more than max_pixels = {max_pixels}. If the file is to be "
            "trusted, raise max_pixels; otherwise it may be a decompression "
            "bomb."
        )


def _header(file, format, name):
    """The size, the bits a sample, and a TIFF's directory, undecoded."""
    if format == "TIFF":
        file.seek(0)
        directory = read_tiff_directory(file, name)
        if directory.bits > 8 and directory.bits not in (16, 32):
            raise ValueError(f"it has {directory.bits} bits a sample")
        return directory.size, directory.bits, directory
    size = _open(file, format).size
    bits = 8
    if format == "PNG":
        file.seek(24)  # the bit depth in the IHDR chunk
        bits = file.read(1)[0]
    return size, bits, None


def _open(file, format):
    file.seek(0)
    return _PILLOW[format](file)


def _read_pillow(file, format, name, directory):
    image = _open(file, format)
    icc_profile, exif, dpi, orientation = _metadata(image, name, directory)
    image.load()
    if directory is not None:
        # Pillow turns TIFF files upright itself as it loads them.
        orientation = orientation_in(image.getexif())
    pixels, alpha = pil_samples(image)
    return build(
        pixels, alpha, icc_profile, exif, dpi, orientation, format, name
    )


def _read_deep(file, format, name, directory):
    # Pillow opens not every TIFF of 16 bits, and every PNG.
    image = _open(file, format) if directory is None else None
    icc_profile, exif, dpi, orientation = _metadata(image, name, directory)
    file.seek(0)
    samples, colors = sixteen_bit.decode(file.read(), format)
    pixels, alpha = samples[..., :colors], None
    if samples.shape[2] > colors and (directory is None or directory.alpha):
        alpha = samples[..., colors : colors + 1]
    return build(
        pixels, alpha, icc_profile, exif, dpi, orientation, format, name
    )


def _metadata(image, name, directory):
    """ICC profile, EXIF, DPI, orientation: a TIFF's from its directory."""
    if directory is None:
        orientation, exif = carried_exif(image, name)
        icc_profile = image.info.get("icc_profile")
        return icc_profile, exif, dpi_of(image, orientation), orientation
    orientation = directory.orientation
    dpi = clean_dpi(directory.dpi, orientation)
    return directory.icc_profile, directory.exif, dpi, orientation
