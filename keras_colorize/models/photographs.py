"""What `generate` accepts, as one list of arrays."""

import os

import keras
import numpy as np
from keras import ops
from PIL import Image

from keras_colorize.images import photograph_from_pil
from keras_colorize.images import read_photograph


def photographs_of(images):
    """Reads and checks photographs, before any work is done on them.

    Args:
        images: As `Colorizer.generate` takes them.

    Returns:
        A list of arrays (H, W, 1) or (H, W, 3), uint8, uint16 or float32 in
        [0, 1]; and what it was: `"one"`, `"batch"` or `"list"`.
    """
    if isinstance(images, (list, tuple)):
        if not images:
            raise ValueError(
                "The list of photographs is empty. Expected at least one."
            )
        return [_one(item, i) for i, item in enumerate(images)], "list"
    if _is_array(images):
        array = _as_numpy(images)
        is_batch = array.ndim == 4 or (
            array.ndim == 3 and array.shape[-1] not in (1, 3)
        )
        if is_batch:
            if not len(array):
                raise ValueError(
                    f"The batch is empty: its shape is {array.shape}. "
                    "Expected at least one photograph."
                )
            return [_checked(item, array.shape) for item in array], "batch"
    return [_one(images)], "one"


def _one(image, index=None):
    """One photograph: an array, a PIL image or a path."""
    try:
        if isinstance(image, (str, os.PathLike)):
            return read_photograph(image).pixels
        if isinstance(image, Image.Image):
            return photograph_from_pil(image).pixels
        if _is_array(image):
            array = _as_numpy(image)
            return _checked(array, array.shape)
    except (TypeError, ValueError) as error:
        if index is None:
            raise
        raise type(error)(f"Photograph {index} of the list: {error}") from error
    raise TypeError(
        f"A photograph cannot be a {type(image).__name__}. Expected an array, "
        "a PIL image, a path, or a list of these."
    )


def _is_array(image):
    return isinstance(image, np.ndarray) or ops.is_tensor(image)


def _as_numpy(image):
    if keras.utils.standardize_dtype(image.dtype) == "bfloat16":
        image = ops.cast(image, "float32")
    return np.asarray(ops.convert_to_numpy(image))


def _checked(array, shape):
    """One photograph (H, W, 1 or 3); `shape` is what the caller passed."""
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3):
        raise ValueError(
            f"Received an array of shape {shape}. Expected (H, W), (H, W, 1) "
            "or (H, W, 3) for one photograph, or a batch of them, (N, H, W), "
            "(N, H, W, 1) or (N, H, W, 3)."
        )
    if 0 in array.shape:
        raise ValueError(
            f"Received an array of shape {shape}, with no pixels. Expected "
            "at least one row and one column."
        )
    if array.dtype in (np.uint8, np.uint16):
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(
            f"Received an array of dtype {array.dtype}. Expected uint8 (0 to "
            "255), uint16 (0 to 65535) or a float type (0 to 1)."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            "The photograph has values that are not finite (NaN or infinity)."
            " Expected floats from 0 to 1."
        )
    if array.min() < 0 or array.max() > 1:
        raise ValueError(
            f"The photograph has values from {array.min():g} to "
            f"{array.max():g}. Expected floats from 0 to 1: divide by the "
            "largest value they can have, or pass uint8."
        )
    return array.astype("float32")
