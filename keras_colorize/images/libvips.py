"""Files decoded and encoded by libvips.

pyvips is imported when it is first needed, since libvips starts threads.
"""

import io
import itertools
import re
import warnings

import numpy as np
from PIL import PngImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from keras_colorize.images.errors import UnsupportedError
from keras_colorize.images.errors import reason
from keras_colorize.images.metadata import PREFIX
from keras_colorize.images.metadata import descriptive_tags
from keras_colorize.images.metadata import exif_tags
from keras_colorize.images.metadata import tiff_tags

_STRIP_OFFSETS, _STRIP_LENGTHS = 273, 279
_RESOLUTION = (282, 283, 296)
# The markers that begin a segment, and the end of the picture.
_JPEG_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
_END, _SCAN = 0xD9, 0xDA
_COLORS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb16": 3, "cmyk": 4}


def open_image(data, format, fail_on="warning"):
    """The `pyvips.Image` of a file's bytes. Pixels are decoded on demand.

    `fail_on` is the least damage to a JPEG file that is an error.
    """
    import pyvips

    load = getattr(pyvips.Image, f"{format.lower()}load_source")
    source = pyvips.Source.new_from_memory(data)
    # libtiff and libpng warn of harmless matters, too. With sequential access,
    # libvips keeps no second copy of the pixels.
    fail_on = fail_on if format == "JPEG" else "error"
    return load(source, access="sequential", fail_on=fail_on)


def decode(image, data, format, name):
    """The samples of a file as stored, not turned upright.

    `image` is `open_image(data, format)`.

    Returns:
        Tuple of an array `(H, W, C)` and the number of its color channels: 1
        for gray, 3 for RGB, 4 for CMYK. Alpha is not multiplied into colors.

    Raises:
        UnsupportedError: The file has other colors.
    """
    import pyvips

    colors = _COLORS.get(image.interpretation)
    if colors is None:
        raise UnsupportedError(
            f"its colors are {image.interpretation}, not gray, RGB or CMYK"
        )
    try:
        samples = image.numpy()
    except pyvips.Error as error:
        if format != "JPEG":
            raise
        # libjpeg fills missing rows with gray and only warns.
        samples = open_image(data, format, fail_on="error").numpy()
        # Else the next error would have the warnings of this file.
        pyvips.vips_lib.vips_error_clear()
        warnings.warn(
            f"{name} is damaged, and a part of the picture may be missing: "
            f"{reason(error)}"
        )
    return samples.reshape(image.height, image.width, image.bands), colors


def count_scans(data):
    """The number of scans in a JPEG file."""
    count, at = 0, 2
    while marker := _JPEG_MARKER.search(data, at):
        kind, at = marker[0][1], marker.end()
        if kind == _END:
            break
        count += kind == _SCAN
        at += int.from_bytes(data[at : at + 2])
    return count


def encode(samples, format, icc_profile, exif, dpi):
    """The bytes of a PNG or TIFF file.

    `samples` are uint8 or uint16 `(H, W, C)`: gray or RGB, then alpha.
    """
    image = as_image(samples, icc_profile)
    if dpi:
        x, y = (value / 25.4 for value in dpi)
        image = image.copy(xres=x, yres=y)
    if format == "PNG":
        data = image.write_to_buffer(".png", filter="all", keep="icc")
        return _finished_png(data, exif, dpi)
    data = image.write_to_buffer(
        ".tif",
        keep="icc",
        compression="deflate",
        predictor="horizontal",
        resunit="inch",
    )
    return _finished_tiff(data, exif, dpi)


def as_image(samples, icc_profile=None, interpretation="auto"):
    """An array `(H, W, C)` as a `pyvips.Image`."""
    import pyvips

    image = pyvips.Image.new_from_array(samples, interpretation=interpretation)
    if icc_profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc_profile)
    return image


def png_chunks(data):
    """The chunks of a PNG file: pairs of a name and a view of the content."""
    data, at = memoryview(data), 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        yield bytes(data[at + 4 : at + 8]), data[at + 8 : at + 8 + length]
        at += 12 + length


def _finished_png(data, exif, dpi):
    """Adds the EXIF block and drops a resolution made up by libvips."""
    file = io.BytesIO()
    file.write(data[:8])
    for name, content in png_chunks(data):
        if dpi or name != b"pHYs":
            PngImagePlugin.putchunk(file, name, content)
        if exif and name == b"IHDR":
            PngImagePlugin.putchunk(file, b"eXIf", exif.removeprefix(PREFIX))
    return file.getvalue()


def _finished_tiff(data, exif, dpi):
    """Adds the EXIF tags and drops a resolution made up by libvips.

    libvips writes no EXIF data into TIFF files, and Pillow none into compressed
    ones. So Pillow writes a new directory in front of the compressed pixels.
    """
    stored = dict(tiff_tags(io.BytesIO(data)))
    starts, lengths = (
        np.atleast_1d(stored[tag]).tolist()
        for tag in (_STRIP_OFFSETS, _STRIP_LENGTHS)
    )
    # ImageFileDirectory_v2 adds the place where the pixels begin.
    stored[_STRIP_OFFSETS] = (0, *itertools.accumulate(lengths[:-1]))
    if not dpi:
        for tag in _RESOLUTION:
            stored.pop(tag, None)
    directory = ImageFileDirectory_v2(prefix=data[:2])
    added = descriptive_tags(exif_tags(exif))
    for tag, value in (added | stored).items():
        directory[tag] = value
    file = io.BytesIO()
    directory.save(file)
    for start, length in zip(starts, lengths):
        file.write(data[start : start + length])
    return file.getvalue()
