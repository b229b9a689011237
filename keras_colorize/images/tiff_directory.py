"""The first directory of a TIFF file: its header and its metadata.

Pillow opens only the TIFF layouts that it has a mode for, 16-bit gray with
alpha not among them, so the directory is read without opening the image.
"""

import dataclasses

from PIL import ExifTags
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from keras_colorize.images.exif import DESCRIPTIVE
from keras_colorize.images.exif import ORIENTATION
from keras_colorize.images.exif import SUB_DIRECTORIES
from keras_colorize.images.exif import orientation_in
from keras_colorize.images.exif import warn_unreadable
from keras_colorize.images.exif import without_orientation

_BITS, _PHOTOMETRIC, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 258, 262, 338, 339
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _ICC = 282, 283, 296, 34675
_PER_INCH = {2: 1.0, 3: 2.54}


@dataclasses.dataclass(frozen=True)
class TiffDirectory:
    """What a TIFF's first directory says.

    Args:
        size: `(width, height)` as stored.
        bits: int. Bits a sample.
        sample_format: int. 1 unsigned, 2 signed, 3 float.
        alpha: 0 for none, 1 for multiplied into the pixels, 2 for apart.
        orientation: int. The EXIF orientation.
        icc_profile: bytes or None.
        dpi: pair of floats or None.
        exif: bytes or None. The descriptive tags and the EXIF and GPS
            directories, without an orientation.
    """

    size: tuple[int, int]
    bits: int
    sample_format: int
    alpha: int
    orientation: int
    icc_profile: bytes | None
    dpi: tuple[float, float] | None
    exif: bytes | None


def read_tiff_directory(file, name):
    """The first directory of an open TIFF file.

    Args:
        file: binary file at its beginning.
        name: str. What the photograph is called in warnings.
    """
    head = file.read(8)
    if 43 in head[2:4]:  # BigTIFF has a header of 16 bytes
        head += file.read(8)
    tags = _directory(file, head)
    extra = _first(tags.get(_EXTRA_SAMPLES, 0))
    return TiffDirectory(
        size=(int(tags[256]), int(tags[257])),
        bits=_first(tags.get(_BITS, 1)),
        sample_format=_first(tags.get(_SAMPLE_FORMAT, 1)),
        alpha=extra if extra in (1, 2) else 0,
        orientation=orientation_in(tags),
        icc_profile=tags.get(_ICC),
        dpi=_dpi(tags),
        exif=_exif(file, head, tags, name),
    )


def _directory(file, head, group=None, offset=None):
    tags = ImageFileDirectory_v2(head, group=group)
    file.seek(tags.next if offset is None else offset)
    tags.load(file)
    return tags


def _dpi(tags):
    unit = _PER_INCH.get(tags.get(_RESOLUTION_UNIT, 2))
    resolution = tags.get(_X_RESOLUTION), tags.get(_Y_RESOLUTION)
    if unit is None or None in resolution:
        return None
    return tuple(float(_first(r)) * unit for r in resolution)


def _exif(file, head, tags, name):
    exif = Image.Exif()
    try:
        for tag in (*DESCRIPTIVE, ORIENTATION):
            if tag in tags:
                exif[tag] = tags[tag]
        for tag in SUB_DIRECTORIES:
            if tag in tags:
                offset = _first(tags[tag])
                inner = dict(_directory(file, head, tag, offset))
                # A pointer into the old file.
                inner.pop(ExifTags.IFD.Interop, None)
                exif[tag] = inner
        return without_orientation(exif)
    except Exception as error:
        warn_unreadable(name, error)
        return None


def _first(value):
    return value[0] if isinstance(value, tuple) else value
