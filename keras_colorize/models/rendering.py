"""From drawn chroma to a photograph in color."""

import functools

import numpy as np
from keras import ops

from keras_colorize import color
from keras_colorize.color.resample import ChromaUpsampling
from keras_colorize.models.pixelwise import Pixelwise

LEVELS = {"uint8": 255, "uint16": 65535, "float32": None}


def chroma_offset(model):
    """Where in its cell a chroma value of `model` is taken."""
    if model.chroma_method == "subsample":
        return 0.5 / model.chroma_factor
    return 0.5


def render(photograph, chroma, upsampling, offset, dtype, hints=None):
    """Joins a photograph's luminance with drawn chroma.

    Args:
        photograph: Array (H, W, 1 or 3), uint8, uint16 or float32.
        chroma: Array (num_samples, h, w, 2), normalized to [-1, 1].
        upsampling: See `upsample_chroma`.
        offset: See `upsample_chroma`.
        dtype: `"uint8"`, `"uint16"` or `"float32"`.
        hints: `Hints` or None. They stay as they are, pixel by pixel.

    Returns:
        An array (num_samples, H, W, 3) of that dtype.
    """
    result = np.empty((len(chroma), *photograph.shape[:2], 3), dtype=dtype)
    lightness = luminance(photograph)
    enlarge = ChromaUpsampling(
        ops.convert_to_tensor(lightness), *chroma.shape[1:3], upsampling, offset
    )
    # One sample at a time: a photograph's worth of floats is memory enough.
    for sample, values in zip(result, chroma):
        ab = enlarge(color.denormalize_lab(values))
        if hints is not None:
            ab = ops.where(hints.mask[..., None], hints.chroma, ab)
        _joining(dtype)(lightness, ab, out=sample)
    return result


def luminance(photograph):
    """The CIE L of a photograph: an array (H, W, 1), float32.

    Args:
        photograph: Array (H, W, 1 or 3), uint8, uint16 or float32.
    """
    if photograph.dtype == np.uint16:
        # Keras's tensors on torch have no such dtype.
        photograph = photograph.astype("float32") / 65535.0
    return _luminance()(photograph)


@functools.cache
def _luminance():
    return Pixelwise(color.luminance, 1, "float32")


@functools.cache
def _joining(dtype):
    """Luminance and chroma to RGB of a dtype."""
    levels = LEVELS[dtype]

    def join(lightness, ab):
        lab = ops.concatenate([lightness, ab], axis=-1)
        rgb = color.lab_to_rgb(lab, gamut="desaturate")
        if levels is not None:
            rgb = ops.floor(rgb * levels + 0.5)
        return rgb

    return Pixelwise(join, 3, dtype)
