"""Photographs from PIL images."""

import numpy as np
from PIL import Image

from keras_colorize.images.build import build
from keras_colorize.images.build import dpi_of
from keras_colorize.images.depth import as_uint16
from keras_colorize.images.exif import carried_exif
from keras_colorize.images.exif import orientation_in

_GRAY = ("1", "L", "LA", "La")
_COLOR = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr")
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")


def photograph_from_pil(image):
    """The photograph in a PIL image.

    Its EXIF orientation is applied and its alpha, ICC profile, EXIF and DPI
    are kept, as `read_photograph` does for a file. Modes I and I;16 give 16
    bits. Pillow itself has reduced 16-bit RGB and 16-bit alpha to 8 bits by
    now: read such files with `read_photograph`.

    Args:
        image: PIL image of mode 1, L, LA, I, I;16, P, PA, RGB, RGBA, RGBX,
            YCbCr or CMYK. The first frame, or the one it has been moved to.

    Returns:
        A `Photograph`.

    Raises:
        TypeError: Not a PIL image.
        ValueError: The mode is another, the samples of mode I do not fit 16
            bits, or the image's file turns out damaged.
    """
    if not isinstance(image, Image.Image):
        raise TypeError(
            f"Expected a PIL image, got {type(image).__name__}. Read a path "
            "with read_photograph(path); make a PIL image of an array with "
            "PIL.Image.fromarray(array)."
        )
    name = getattr(image, "filename", "") or "the PIL image"
    orientation, exif = carried_exif(image, name)
    dpi = dpi_of(image, orientation)
    try:
        image.load()
        pixels, alpha = pil_samples(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(
            f"Cannot use {name} ({image.mode}, {image.width} x "
            f"{image.height}): {error}."
        ) from error
    if hasattr(image, "tag_v2"):
        # Pillow turns TIFF files upright itself as it loads them.
        orientation = orientation_in(image.getexif())
    return build(
        pixels,
        alpha,
        image.info.get("icc_profile"),
        exif,
        dpi,
        orientation,
        image.format,
        name,
    )


def pil_samples(image):
    """A PIL image's samples: `(H, W, 1, 3 or 4 for CMYK)`, and its alpha.

    Args:
        image: PIL image.

    Returns:
        Tuple of a uint8 or uint16 array and an array `(H, W, 1)` or None.
    """
    if 0 in image.size:
        raise ValueError("it has no pixels")
    if image.mode in _DEEP:
        return as_uint16(np.asarray(image))[..., None], None
    alpha = image.has_transparency_data
    if image.mode in _GRAY:
        mode = "LA" if alpha else "L"
    elif image.mode in _COLOR:
        mode = "RGBA" if alpha else "RGB"
    elif image.mode == "CMYK":
        mode, alpha = "CMYK", False
    else:
        known = ", ".join((*_GRAY, *_DEEP, *_COLOR, "CMYK"))
        raise ValueError(
            f"its mode is {image.mode!r}, expected one of {known}; convert it "
            'first, with image.convert("RGB") for one'
        )
    samples = np.array(image.convert(mode))
    samples = samples.reshape(image.height, image.width, -1)
    if alpha:
        return samples[..., :-1], samples[..., -1:]
    return samples, None
