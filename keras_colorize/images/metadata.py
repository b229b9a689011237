"""The metadata of photographs: EXIF tags, orientation, resolution."""

from PIL import ExifTags
from PIL import Image

PREFIX = b"Exif\0\0"

_BASE, _IFD = ExifTags.Base, ExifTags.IFD
# PNG holds 2**31 - 1 pixels a meter.
_MOST_DPI = 5e7
_PER_INCH = {2: 1.0, 3: 2.54}

_DESCRIPTIVE = [
    _BASE[name]
    for name in (
        "DocumentName ImageDescription Make Model PageName Software DateTime "
        "Artist HostComputer Copyright XPTitle XPComment XPAuthor XPKeywords "
        "XPSubject"
    ).split()
]


def exif_tags(block):
    """The tags of an EXIF block (bytes or None), as a `PIL.Image.Exif`."""
    tags = Image.Exif()
    tags.load(block or b"")
    return tags


def tiff_tags(file):
    """The tags of a TIFF file's first directory, as a `PIL.Image.Exif`.

    This also works for TIFF files that Pillow cannot open.
    """
    file.seek(0)
    head = file.read(16)
    tags = Image.Exif()
    order = "little" if head[:2] == b"II" else "big"
    tags.endian = "<" if order == "little" else ">"
    tags.bigtiff = 43 in head[2:4]
    offset = head[8:16] if tags.bigtiff else head[4:8]
    tags.load_from_fp(file, int.from_bytes(offset, order))
    return tags


def orientation_of(tags):
    """The EXIF orientation, 1 to 8. A missing or undefined one is 1."""
    orientation = tags.get(_BASE.Orientation, 1)
    return orientation if orientation in range(1, 9) else 1


def swaps_axes(orientation):
    """Whether an EXIF orientation turns rows into columns."""
    return orientation >= 5


def dpi_of(tags, dpi=None):
    """Pixels per inch along x and y of the upright photograph, or None.

    `dpi` is the resolution of the stored pixels; by default the tags give it.
    """
    try:
        if dpi is None:
            unit = _PER_INCH[tags.get(_BASE.ResolutionUnit, 2)]
            names = _BASE.XResolution, _BASE.YResolution
            dpi = [tags[name] * unit for name in names]
        x, y = (float(value) for value in dpi)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(0 < value <= _MOST_DPI for value in (x, y)):
        return None
    return (y, x) if swaps_axes(orientation_of(tags)) else (x, y)


def carried_exif(tags, block=None):
    """The EXIF block that goes into the output, or None.

    An orientation or a thumbnail would be wrong for the output. A block with
    one of these is made anew; other blocks stay as they are, bit for bit.
    Without a block, the tags are those of a TIFF file.
    """
    new = Image.Exif()
    if block:
        new.update(_values(tags, set(tags) - {_BASE.Orientation}))
    else:
        new.update(descriptive_tags(tags))
    if not len(new):
        return None
    if swaps_axes(orientation_of(tags)):
        inner = new.get(_IFD.Exif, {})
        _swap(inner, _BASE.ExifImageWidth, _BASE.ExifImageHeight)
        _swap(new, _BASE.XResolution, _BASE.YResolution)
    # Made in any case: tags that cannot be written must not fail later.
    made = new.tobytes()
    if block and _BASE.Orientation not in tags and not tags.get_ifd(_IFD.IFD1):
        return PREFIX + block.removeprefix(PREFIX)
    return made


def with_dpi(exif, dpi):
    """An EXIF block, or None, that says a resolution if there is one.

    A block that has a resolution stays as it is.
    """
    tags = exif_tags(exif)
    if not dpi or _BASE.XResolution in tags:
        return exif
    new = Image.Exif()
    new.update(_values(tags, set(tags)))
    new[_BASE.XResolution], new[_BASE.YResolution] = dpi
    new[_BASE.ResolutionUnit] = 2
    return new.tobytes()


def descriptive_tags(tags):
    """The tags that describe a photograph, as a dict.

    The other tags of a TIFF file describe how the file stores it.
    """
    return _values(tags, _DESCRIPTIVE)


def _values(tags, names):
    """Tags and their values; the EXIF and GPS directories as dicts."""
    values = {name: tags[name] for name in names if name in tags}
    for directory in (_IFD.Exif, _IFD.GPSInfo):
        values.pop(directory, None)
        if inner := dict(tags.get_ifd(directory)):
            # The offset of another directory, valid in the old file only.
            inner.pop(_IFD.Interop, None)
            values[directory] = inner
    return values


def _swap(tags, a, b):
    if a in tags and b in tags:
        tags[a], tags[b] = tags[b], tags[a]
