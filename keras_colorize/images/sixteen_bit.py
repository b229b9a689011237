"""16-bit PNG and TIFF by libvips (pyvips), which Pillow reduces to 8 bits."""

import numpy as np

from keras_colorize.images.depth import as_uint16
from keras_colorize.images.embed_exif import exif_into_png
from keras_colorize.images.embed_exif import exif_into_tiff

_ICC = "icc-profile-data"
_MM_PER_INCH = 25.4


def decode(data, format):
    """The samples of a 16-bit PNG or TIFF, as stored (not turned upright).

    Alpha that a TIFF has multiplied into its pixels is taken out of them.

    Args:
        data: bytes. The file.
        format: `"PNG"` or `"TIFF"`.

    Returns:
        Tuple of a uint16 array `(H, W, C)` and the number of its channels that
        are colors: 1 for gray, 3 for RGB, 4 for CMYK.

    Raises:
        ValueError: The samples are floats, or signed and negative.
    """
    pyvips = _pyvips()
    load = {
        "PNG": pyvips.Image.pngload_buffer,
        "TIFF": pyvips.Image.tiffload_buffer,
    }[format]
    image = load(data, fail_on="error")
    colors = {"grey16": 1, "b-w": 1, "rgb16": 3, "cmyk": 4}.get(
        image.interpretation
    )
    if colors is None:
        raise ValueError(
            f"its colors are {image.interpretation}, not gray, RGB or CMYK"
        )
    samples = image.numpy().reshape(image.height, image.width, image.bands)
    return as_uint16(samples), colors


def encode(photograph, format):
    """A 16-bit photograph as the bytes of a PNG or TIFF file.

    Args:
        photograph: `Photograph` of uint16 pixels.
        format: `"PNG"` or `"TIFF"`.
    """
    samples = photograph.pixels
    gray = samples.shape[2] == 1
    if photograph.alpha is not None:
        samples = np.concatenate([samples, photograph.alpha], axis=2)
    image = _image(samples, "grey16" if gray else "rgb16")
    if photograph.icc_profile and not gray:
        _attach(image, photograph.icc_profile)
    if photograph.dpi:
        x, y = (dpi / _MM_PER_INCH for dpi in photograph.dpi)
        image = image.copy(xres=x, yres=y)
    # No more than the profile: libvips would make up an EXIF block.
    if format == "PNG":
        data = image.write_to_buffer(".png", filter="all", keep="icc")
        embed = exif_into_png
    else:
        data = image.write_to_buffer(
            ".tif",
            keep="icc",
            compression="deflate",
            predictor="horizontal",
            resunit="inch",
        )
        embed = exif_into_tiff
    return embed(data, photograph.exif) if photograph.exif else data


def to_srgb(pixels, icc_profile):
    """uint16 gray or CMYK pixels as uint16 sRGB, by their profile."""
    gray = pixels.shape[2] == 1
    image = _image(pixels, "grey16" if gray else "cmyk")
    _attach(image, icc_profile)
    converted = image.icc_transform(
        "srgb",
        embedded=True,
        intent="relative",
        black_point_compensation=True,
        depth=16,
    )
    return converted.numpy()


def _image(samples, interpretation):
    samples = np.ascontiguousarray(samples)
    image = _pyvips().Image.new_from_array(samples)
    return image.copy(interpretation=interpretation)


def _attach(image, icc_profile):
    blob = _pyvips().GValue.blob_type
    image.set_type(blob, _ICC, icc_profile)


def _pyvips():
    # Imported late: most photographs are of 8 bits and need none of it.
    try:
        import pyvips
    except (ImportError, OSError) as error:
        raise ImportError(
            "Photographs of 16 bits are read and written by pyvips, which "
            "cannot be imported. Install it with its library: "
            'pip install "pyvips[binary]".'
        ) from error
    return pyvips
