"""Photographs as the bytes of a file."""

import io
import warnings

import numpy as np
from PIL import Image

from keras_colorize.images import sixteen_bit
from keras_colorize.images.depth import with_depth
from keras_colorize.images.embed_exif import exif_into_tiff
from keras_colorize.images.formats import DEEP_FORMATS

# What an APP1 segment of JPEG can hold.
_LONGEST_JPEG_EXIF = 65533
_PREDICTOR, _HORIZONTAL = 317, 2

_OPTIONS = {
    # Of Pillow's default 6 a third of the time, for 3% larger files.
    "PNG": {"compress_level": 3},
    # Chroma at full resolution: it is what has been drawn.
    "JPEG": {"quality": 95, "subsampling": 0},
    "TIFF": {
        "compression": "tiff_adobe_deflate",
        "tiffinfo": {_PREDICTOR: _HORIZONTAL},
    },
    # Lossless, as lossy WebP halves the resolution of chroma.
    "WEBP": {"lossless": True, "exact": True},
    "BMP": {},
}


def encode(photograph, format):
    """A photograph as the bytes of a file.

    Args:
        photograph: `Photograph`, with an alpha only if the format holds one.
        format: A key of `FORMATS`. Pixels of 16 bits are rounded to 8 where
            it holds no more.

    Returns:
        bytes.
    """
    if photograph.bits == 16 and format in DEEP_FORMATS:
        return sixteen_bit.encode(photograph, format)
    samples = photograph.pixels
    if photograph.alpha is not None:
        samples = np.concatenate([samples, photograph.alpha], axis=2)
    samples = with_depth(samples, np.uint8)
    image = Image.fromarray(np.ascontiguousarray(_squeezed(samples)))
    options = dict(_OPTIONS[format])
    if photograph.icc_profile and photograph.pixels.shape[2] == 3:
        options["icc_profile"] = photograph.icc_profile
    if photograph.dpi:
        options["dpi"] = photograph.dpi
    exif = photograph.exif
    if exif and format == "JPEG" and len(exif) > _LONGEST_JPEG_EXIF:
        warnings.warn(
            f"The EXIF data has {len(exif)} bytes and is left out: a JPEG file "
            f"holds at most {_LONGEST_JPEG_EXIF}. Write PNG, TIFF or WebP to "
            "keep it.",
            stacklevel=2,
        )
        exif = None
    if exif and format != "TIFF":
        options["exif"] = exif
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    data = buffer.getvalue()
    if exif and format == "TIFF":
        # Pillow's compressed TIFF writer loses the EXIF directories.
        return exif_into_tiff(data, exif)
    return data


def _squeezed(samples):
    return samples[..., 0] if samples.shape[2] == 1 else samples
