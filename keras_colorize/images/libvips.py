"""Files decoded and encoded by libvips.

pyvips is imported when it is first needed, since libvips starts threads.
"""

import io
import itertools
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
from keras_colorize.images.segments import png_chunks

_STRIP_OFFSETS, _STRIP_LENGTHS = 273, 279
_RESOLUTION = (282, 283, 296)
_XMP = 700
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


def encode(samples, format, photograph, chunks):
    """The bytes of a PNG or TIFF file.

    Args:
        samples: uint8 or uint16 `(H, W, C)`: gray or RGB, then alpha.
        format: str. `"PNG"` or `"TIFF"`.
        photograph: `Photograph`. Has the metadata.
        chunks: list of pairs of a name and a content. Chunks of a PNG file, to
            be written in front of the pixels.
    """
    image = as_image(samples, photograph.icc_profile)
    if photograph.dpi:
        x, y = (value / 25.4 for value in photograph.dpi)
        image = image.copy(xres=x, yres=y)
    if format == "PNG":
        data = image.write_to_buffer(".png", filter="all", keep="icc")
        return _finished_png(data, photograph, chunks)
    data = image.write_to_buffer(
        ".tif",
        keep="icc",
        compression="deflate",
        predictor="horizontal",
        resunit="inch",
    )
    return _finished_tiff(data, photograph)


def encode_jpeg(samples, head):
    """The bytes of a JPEG file.

    Args:
        samples: uint8 `(H, W, C)`: gray or RGB.
        head: bytes. What the file begins with, up to its tables.
    """
    data = as_image(samples).jpegsave_buffer(
        Q=95,
        # Full resolution of chroma, which the model has drawn.
        subsample_mode="off",
        keep="none",
    )
    # Without metadata, the tables come right after the marker of the start.
    return head + memoryview(data)[2:]


def as_image(samples, icc_profile=None, interpretation="auto"):
    """An array `(H, W, C)` as a `pyvips.Image`."""
    import pyvips

    image = pyvips.Image.new_from_array(samples, interpretation=interpretation)
    if icc_profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc_profile)
    return image


def _finished_png(data, photograph, added):
    """Adds chunks and drops a resolution made up by libvips."""
    if photograph.exif:
        added = [(b"eXIf", photograph.exif.removeprefix(PREFIX)), *added]
    file = io.BytesIO()
    file.write(data[:8])
    for name, content in png_chunks(data):
        if photograph.dpi or name != b"pHYs":
            PngImagePlugin.putchunk(file, name, content)
        if name == b"IHDR":
            for chunk in added:
                PngImagePlugin.putchunk(file, *chunk)
    return file.getvalue()


def _finished_tiff(data, photograph):
    """Adds EXIF tags and XMP, and drops a resolution made up by libvips.

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
    if not photograph.dpi:
        for tag in _RESOLUTION:
            stored.pop(tag, None)
    directory = ImageFileDirectory_v2(prefix=data[:2])
    added = descriptive_tags(exif_tags(photograph.exif))
    if photograph.xmp:
        added[_XMP] = photograph.xmp
    for tag, value in (added | stored).items():
        directory[tag] = value
    file = io.BytesIO()
    directory.save(file)
    for start, length in zip(starts, lengths):
        file.write(data[start : start + length])
    return file.getvalue()
