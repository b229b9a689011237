"""Photographs from files and from PIL images."""

import contextlib
import io
import os
import struct
import typing
import warnings

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from keras_colorize.images import libvips
from keras_colorize.images import metadata
from keras_colorize.images import segments
from keras_colorize.images import tiff
from keras_colorize.images.color_profile import settle_profile
from keras_colorize.images.errors import UnsupportedError
from keras_colorize.images.errors import reason
from keras_colorize.images.formats import FORMATS
from keras_colorize.images.formats import READ_ONLY_FORMATS
from keras_colorize.images.formats import format_of_bytes
from keras_colorize.images.photograph import Photograph
from keras_colorize.images.xmp import carried_xmp

# Pillow's own limit: 512 MiB of 8-bit RGB.
MAX_PIXELS = 178_956_970

# Progressive JPEG files have about 10.
_MAX_SCANS = 100

# The start of a dataset of the application record of IPTC-IIM.
_IPTC_RECORD = b"\x1c\x02"

_DEEP = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")

# Image.open has a pixel limit of its own. libvips reads GIF files, too, but
# without an error where rows are missing.
_PIL_FILES = {
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "JPEG2000": Jpeg2KImageFile,
}

# The modes of PIL images that give 8 bits, and the modes of their colors.
_COLORS = {
    **dict.fromkeys(("1", "L", "LA", "La"), "L"),
    **dict.fromkeys(("P", "PA", "RGB", "RGBA", "RGBa", "RGBX"), "RGB"),
    "YCbCr": "RGB",
    "CMYK": "CMYK",
}


class _Stored(typing.NamedTuple):
    """The samples and the metadata of a file, neither upright nor checked."""

    pixels: np.ndarray
    alpha: np.ndarray | None
    icc_profile: bytes | None
    tags: Image.Exif | None  # those of `exif` if None
    exif: bytes | None
    dpi: tuple[float, float] | None
    format: str | None
    xmp: bytes | None
    text: dict[str, str]


def read_photograph(source, max_pixels=MAX_PIXELS):
    """Reads a PNG, JPEG, TIFF, WebP, BMP, GIF, JPEG 2000 or HEIC file.

    HEIC needs pillow-heif: `pip install "keras-colorize[heic]"`. The file's
    content decides the format, not its name. The EXIF orientation is applied.
    16-bit PNG and TIFF files give 16-bit pixels; so do TIFF files of 32-bit
    integers up to 65535, and gray JPEG 2000 files. All other files give 8 bits.
    RGB pixels keep their values and their ICC profile. Gray and CMYK pixels are
    converted to sRGB by their profile, CMYK pixels without a profile by the
    plain formula. The profile and the XMP of a JPEG 2000 file are not read.

    Alpha, DPI, EXIF, XMP, the texts of PNG files and the comments of JPEG, GIF
    and JPEG 2000 files are kept. EXIF and XMP lose their orientation and
    thumbnails, which would be wrong for the upright pixels.

    Of several pages, frames or pictures in a file, one is read, with a warning.
    A JPEG file that lacks a part of its picture gives a warning, too.

    Args:
        source: str, PathLike or binary file. An open file is read from its
            beginning and left open.
        max_pixels: int or None. The most pixels; None means no limit. The
            header of a file is checked before any pixel is decoded.

    Returns:
        A `Photograph`.

    Raises:
        OSError: There is no such file, or it cannot be opened.
        TypeError: `source` has another type.
        ValueError: The file has another format, too many pixels, a kind of
            pixels that is not supported, or it is truncated or damaged. Or it
            is a HEIC file, and pillow-heif is not installed.
    """
    data, name = _content(source)
    format = format_of_bytes(data)
    if format is None:
        raise ValueError(
            f"{name} is not a photograph of a known format. Expected one of "
            f"{', '.join(FORMATS | READ_ONLY_FORMATS)}."
        )
    with _damage_named(name, format):
        image = _open(data, format)
    count = image.width * image.height
    if max_pixels is not None and count > max_pixels:
        raise ValueError(
            f"{name} announces {image.width} x {image.height} = {count} "
            f"pixels, more than max_pixels = {max_pixels}. Raise max_pixels if "
            "you trust the file."
        )
    with _damage_named(name, format):
        _warn_of_others(image, data, format, name)
        if isinstance(image, Image.Image):
            return _from_pil(image, name)
        return _from_vips(image, data, format, name)


def photograph_from_pil(image):
    """Makes a photograph of a PIL image, as `read_photograph` does of a file.

    Modes I and I;16 give 16 bits. Pillow reduces 16-bit RGB and 16-bit alpha
    to 8 bits: read such files with `read_photograph`.

    Args:
        image: PIL image of mode 1, L, LA, I, I;16, P, PA, RGB, RGBA, RGBX,
            YCbCr or CMYK. Its current frame is used.

    Returns:
        A `Photograph`.

    Raises:
        ValueError: The image has another mode, its samples do not fit into 16
            bits, or its file is damaged.
    """
    name = getattr(image, "filename", "") or "the image"
    with _damage_named(name, "PIL image"):
        return _from_pil(image, name)


def _open(data, format):
    """A PIL or a libvips image, whose pixels are not decoded yet."""
    if format in _PIL_FILES:
        return _PIL_FILES[format](io.BytesIO(data))
    if format == "HEIF":
        try:
            from pillow_heif import HeifImageFile
        except ImportError as error:
            raise UnsupportedError(
                "pillow-heif is not installed. Install it with pip install "
                "'keras-colorize[heic]'"
            ) from error
        return HeifImageFile(io.BytesIO(data))
    if format == "TIFF":
        problem = tiff.kind_problem(metadata.tiff_tags(io.BytesIO(data)))
        if problem is not None:
            raise UnsupportedError(problem)
    return libvips.open_image(data, format)


def _warn_of_others(image, data, format, name):
    """Warns of a file's other pages, frames or pictures."""
    kind = {"TIFF": "page", "HEIF": "picture"}.get(format, "frame")
    if isinstance(image, Image.Image):
        count = getattr(image, "n_frames", 1)
    elif format == "PNG":
        # libvips does not know animations of PNG.
        control = dict(segments.png_chunks(data)).get(b"acTL", b"")
        count = int.from_bytes(control[:4])
    else:
        fields = image.get_fields()
        count = image.get("n-pages") if "n-pages" in fields else 1
        if format == "TIFF":
            count = tiff.count_pages(data, count)
    if count > 1:
        which = "main" if format == "HEIF" else "first"
        warnings.warn(
            f"{name} has {count} {kind}s. Only the {which} {kind} is read."
        )


def _from_vips(image, data, format, name):
    fields = image.get_fields()
    profile, block, xmp = (
        image.get(field) if field in fields else None
        for field in ("icc-profile-data", "exif-data", "xmp-data")
    )
    iptc = image.get("iptc-data") if "iptc-data" in fields else b""
    if _IPTC_RECORD in iptc:
        warnings.warn(
            f"The IPTC-IIM data of {name} is left out. Copy it to XMP first, "
            "which is kept."
        )
    tags, dpi, has_alpha, text = None, None, True, {}
    if format == "TIFF":
        tags = metadata.tiff_tags(io.BytesIO(data))
        has_alpha = tiff.has_alpha(tags)
    elif format == "PNG":
        # libvips sees no metadata behind the pixels and makes up a missing
        # resolution.
        chunks = dict(segments.png_chunks(data))
        block = bytes(chunks.get(b"eXIf", b""))
        # libvips leaves out a damaged profile; settle_profile warns of it.
        profile = profile or bytes(chunks.get(b"iCCP", b""))
        *density, unit = struct.unpack(">IIB", chunks.get(b"pHYs", bytes(9)))
        dpi = [0.0254 * value for value in density] if unit else None
        try:
            text, xmp = segments.own_text(segments.png_text(data))
        except ValueError as error:
            _warn_left_out("text", name, error)
    elif format == "JPEG":
        xmp, comment, scans = segments.jpeg_metadata(data)
        # A scan of a few bytes takes as long as a whole picture.
        if scans > _MAX_SCANS:
            raise UnsupportedError(
                f"it has {scans} scans, more than {_MAX_SCANS}"
            )
        text = segments.comment_text(comment)
        if "resolution-unit" in fields:
            dpi = 25.4 * image.xres, 25.4 * image.yres
    samples, colors = libvips.decode(image, data, format, name)
    pixels, alpha = _as_integers(samples[..., :colors]), None
    if samples.shape[2] > colors and has_alpha:
        alpha = _as_integers(samples[..., colors : colors + 1])
    stored = _Stored(
        pixels, alpha, profile, tags, block, dpi, format, xmp, text
    )
    return _photograph(stored, name)


def _from_pil(image, name):
    block = image.info.get("exif")
    dpi = image.info.get("dpi")
    # Pillow makes up a missing resolution: 72 for JPEG and 1 for TIFF.
    if image.format == "JPEG" and not image.info.get("jfif_unit"):
        dpi = None
    elif image.format == "TIFF":
        dpi = metadata.dpi_of(image.getexif())
    image.load()
    # Only now: Pillow turns TIFF files upright as it loads them.
    tags = None if block else image.getexif()
    pixels, alpha = _pil_samples(image)
    profile, xmp = image.info.get("icc_profile"), image.info.get("xmp")
    if image.format == "PNG":
        text, xmp = segments.own_text(image.text)
    else:
        text = segments.comment_text(image.info.get("comment"))
    stored = _Stored(
        pixels, alpha, profile, tags, block, dpi, image.format, xmp, text
    )
    return _photograph(stored, name)


def _photograph(stored, name):
    """The `Photograph` of a `_Stored`."""
    pixels, profile = settle_profile(stored.pixels, stored.icc_profile, name)
    tags, exif, xmp = stored.tags, None, None
    try:
        if tags is None:
            tags = metadata.exif_tags(stored.exif)
        exif = metadata.carried_exif(tags, stored.exif)
    except Exception as error:
        _warn_left_out("EXIF data", name, error)
        tags = Image.Exif()
    orientation = metadata.orientation_of(tags)
    try:
        xmp = carried_xmp(stored.xmp, metadata.swaps_axes(orientation))
    except ValueError as error:
        _warn_left_out("XMP data", name, error)
    if xmp and b"HasExtendedXMP" in stored.xmp:
        warnings.warn(
            f"A part of the XMP data of {name} is left out: the extended XMP."
        )
    pixels = _upright(pixels, orientation)
    alpha = stored.alpha
    alpha = None if alpha is None else _upright(alpha, orientation)
    dpi = metadata.dpi_of(tags, stored.dpi)
    return Photograph(
        pixels, alpha, profile, exif, dpi, stored.format, xmp, stored.text
    )


def _warn_left_out(what, name, error):
    warnings.warn(
        f"The {what} of {name} cannot be read and is left out: {reason(error)}."
    )


def _upright(samples, orientation):
    """Stored samples as seen, by EXIF orientation."""
    if metadata.swaps_axes(orientation):
        samples = samples.swapaxes(0, 1)
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return samples[::rows, ::columns]


def _as_integers(samples):
    """Samples as uint8 or uint16."""
    if samples.dtype in (np.uint8, np.uint16):
        return samples
    if samples.dtype.kind not in "iu" or samples.dtype.itemsize == 1:
        raise UnsupportedError(
            f"its samples are {samples.dtype}, not unsigned integers"
        )
    if samples.min() < 0 or samples.max() > 65535:
        raise UnsupportedError(
            f"its samples go from {samples.min()} to {samples.max()}, outside "
            "0 to 65535"
        )
    return samples.astype(np.uint16)


def _pil_samples(image):
    """The samples `(H, W, C)` of a PIL image, and alpha `(H, W, 1)` or None."""
    if image.mode in _DEEP:
        return _as_integers(np.asarray(image))[..., None], None
    if image.mode not in _COLORS:
        raise UnsupportedError(
            f"its mode is {image.mode!r}; convert it first, for example with "
            'image.convert("RGB")'
        )
    mode = _COLORS[image.mode]
    alpha = image.has_transparency_data and mode != "CMYK"
    mode += "A" * alpha
    image = image if image.mode == mode else image.convert(mode)
    samples = np.array(image).reshape(image.height, image.width, len(mode))
    if alpha:
        return samples[..., :-1], samples[..., -1:]
    return samples, None


def _content(source):
    """The bytes of a file and its name for messages."""
    if not hasattr(source, "read"):
        with open(source, "rb") as file:
            return file.read(), repr(os.fspath(source))
    if source.seekable():
        source.seek(0)
    name = getattr(source, "name", None)
    name = repr(name) if isinstance(name, str) else "the open file"
    return source.read(), name


@contextlib.contextmanager
def _damage_named(name, kind):
    """Turns a decoder's exceptions into ValueErrors that name the file."""
    try:
        yield
    except (ImportError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"{name} has more pixels than Pillow allows: {error} Raise "
            "PIL.Image.MAX_IMAGE_PIXELS if you trust the file."
        ) from error
    except UnsupportedError as error:
        raise UnsupportedError(
            f"{name} cannot be read as {kind}: {error}."
        ) from error
    except Exception as error:
        raise ValueError(
            f"{name} cannot be read as {kind}: {reason(error)}. It is "
            "truncated, damaged or of a kind that is not supported."
        ) from error
