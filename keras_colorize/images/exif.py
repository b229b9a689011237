"""What of a photograph's EXIF block goes out again with it."""

import warnings

from PIL import ExifTags
from PIL import Image

from keras_colorize.images.orientation import swaps_axes

PREFIX = b"Exif\0\0"
ORIENTATION = 0x0112
SUB_DIRECTORIES = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)

_BASE = ExifTags.Base
# The rest of a TIFF's tags say how it is stored, which the output decides.
DESCRIPTIVE = (
    _BASE.DocumentName,
    _BASE.ImageDescription,
    _BASE.Make,
    _BASE.Model,
    _BASE.PageName,
    _BASE.Software,
    _BASE.DateTime,
    _BASE.Artist,
    _BASE.HostComputer,
    _BASE.Copyright,
    _BASE.XPTitle,
    _BASE.XPComment,
    _BASE.XPAuthor,
    _BASE.XPKeywords,
    _BASE.XPSubject,
)


def orientation_in(exif):
    """The orientation in EXIF tags: 1 where there is none or a bad one."""
    orientation = exif.get(ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def carried_exif(image, name):
    """The orientation of a PIL image, and the EXIF block to carry without it.

    The block is kept bit for bit unless it has an orientation or a thumbnail;
    then it is written anew without them (both would be wrong of the output).
    One that cannot be read is dropped with a warning.

    Args:
        image: PIL image, not loaded yet: Pillow turns TIFF files upright as
            it loads them.
        name: str. What the photograph is called in the warning.

    Returns:
        Tuple of an int, 1 to 8, and bytes or None.
    """
    try:
        # This first: a PNG may have the block behind its pixels.
        exif = image.getexif()
        raw = image.info.get("exif")
        if raw and not len(exif):
            # Pillow complains once only, and may have done so on opening.
            Image.Exif().load(raw)
        orientation = orientation_in(exif)
        stale = ORIENTATION in exif or exif.get_ifd(ExifTags.IFD.IFD1)
        if raw and len(exif) and not stale:
            block = raw if raw.startswith(PREFIX) else PREFIX + raw
            return orientation, block
        return orientation, without_orientation(_copy(image, exif))
    except Exception as error:
        warn_unreadable(name, error)
        return 1, None


def _copy(image, exif):
    """The tags worth carrying; the image keeps its own as they are."""
    copy = Image.Exif()
    is_tiff = hasattr(image, "tag_v2")
    for tag in (*DESCRIPTIVE, ORIENTATION) if is_tiff else exif:
        if tag in exif and tag not in SUB_DIRECTORIES:
            copy[tag] = exif[tag]
    for tag in SUB_DIRECTORIES:
        inner = dict(exif.get_ifd(tag))
        # A pointer into the old block.
        inner.pop(ExifTags.IFD.Interop, None)
        if inner:
            copy[tag] = inner
    return copy


def without_orientation(exif):
    """The bytes of a `PIL.Image.Exif` less its orientation; None if empty."""
    orientation = exif.pop(ORIENTATION, 1)
    if not len(exif):
        return None
    if swaps_axes(orientation):
        inner = exif.get(ExifTags.IFD.Exif, {})
        _swap(inner, _BASE.ExifImageWidth, _BASE.ExifImageHeight)
        _swap(exif, _BASE.XResolution, _BASE.YResolution)
    return exif.tobytes()


def warn_unreadable(name, error):
    warnings.warn(
        f"The EXIF data of {name} cannot be read and is left out: {error}",
        stacklevel=3,
    )


def _swap(tags, a, b):
    if a in tags and b in tags:
        tags[a], tags[b] = tags[b], tags[a]
