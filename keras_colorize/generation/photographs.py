"""The inputs of `generate`: photographs, and hints of their chroma."""

import dataclasses
import os

import keras
import numpy as np
from keras import ops
from PIL import Image

from keras_colorize.images import photograph_from_pil
from keras_colorize.images import read_photograph


def photographs_of(images):
    """Reads and checks photographs.

    Args:
        images: The `images` of `Colorizer.generate`.

    Returns:
        A list of arrays (H, W, 1) or (H, W, 3), uint8, uint16 or float32 in
        [0, 1]; and the kind of `images`: `"one"`, `"batch"` or `"list"`.
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
    if not isinstance(image, np.ndarray):
        # On tensorflow it copies NumPy arrays.
        image = ops.convert_to_numpy(image)
    return np.asarray(image)


def _checked(array, shape):
    """One photograph (H, W, 1 or 3). Errors show `shape`, the user's array."""
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
            f"Received an array of shape {shape}, which has no pixels. "
            "Expected at least one row and one column."
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
            f"{array.max():g}. Expected floats from 0 to 1: divide by 255 or "
            "65535, or pass uint8 or uint16."
        )
    return array.astype("float32")


@dataclasses.dataclass(frozen=True)
class Hints:
    """The known chroma of a photograph.

    Args:
        mask: bool array (H, W). Where chroma is known.
        chroma: float32 array (H, W, 2). a and b of CIE Lab; after `to_space`,
            chroma in the units of the color space.
    """

    mask: np.ndarray
    chroma: np.ndarray

    def to_space(self, space, luminance):
        """The same hints in the units of a color space.

        Args:
            space: `ColorSpace`.
            luminance: Array (H, W, 1). The photograph's luminance, in these
                units.
        """
        chroma = space.from_lab(
            ops.convert_to_tensor(self.chroma), ops.convert_to_tensor(luminance)
        )
        return dataclasses.replace(self, chroma=ops.convert_to_numpy(chroma))

    def on_grid(self, space, height, width):
        """The hints on a model's grid.

        Args:
            space: `ColorSpace`. The space of the chroma.
            height: int.
            width: int.

        Returns:
            A float32 array (1, height, width, 3): the mean of the known chroma
            of each cell, normalized to [-1, 1], and 1 if the cell has known
            chroma, else 0.
        """
        mask, chroma = (
            _at_least(array, height, width)
            for array in (self.mask, self.chroma)
        )
        y, x = np.nonzero(mask)
        # The cell in which the pixel's center lies, in whole numbers.
        rows = (2 * y + 1) * height // (2 * mask.shape[0])
        columns = (2 * x + 1) * width // (2 * mask.shape[1])
        cells = rows * width + columns
        size = height * width
        counts = np.bincount(cells, minlength=size)
        sums = np.stack(
            [np.bincount(cells, chroma[y, x, c], size) for c in (0, 1)], -1
        )
        mean = sums / np.maximum(counts, 1)[:, None]
        values = ops.convert_to_numpy(space.normalize(mean.astype("float32")))
        values = np.clip(values, -1.0, 1.0) * (counts > 0)[:, None]
        hints = np.concatenate([values, counts[:, None] > 0], axis=-1)
        return hints.reshape(1, height, width, 3).astype("float32")


def hints_of(hints, photographs, kind):
    """Checks hints.

    Args:
        hints: The `hints` of `Colorizer.generate`.
        photographs: list of arrays (H, W, 1 or 3).
        kind: str. From `photographs_of`.

    Returns:
        A list of `Hints` or None, one for each photograph.
    """
    if hints is None:
        return [None] * len(photographs)
    if kind == "one":
        return [_hints(hints, photographs[0], "hints")]
    if kind == "batch":
        mask, chroma = (np.asarray(part) for part in _pair(hints, "hints"))
        lengths = [part.shape[:1] for part in (mask, chroma)]
        if lengths != [(len(photographs),)] * 2:
            raise ValueError(
                f"hints have masks of shape {mask.shape} and chroma of shape "
                f"{chroma.shape} for a batch of {len(photographs)} "
                "photographs. Expected (N, H, W) and (N, H, W, 2)."
            )
        hints = list(zip(mask, chroma))
    elif not isinstance(hints, (list, tuple)) or len(hints) != len(photographs):
        raise ValueError(
            f"For a list of {len(photographs)} photographs, hints must be a "
            "list of the same length. Expected a pair (mask, chroma) or None "
            "for each photograph."
        )
    return [
        None if item is None else _hints(item, photograph, f"hints[{index}]")
        for index, (item, photograph) in enumerate(zip(hints, photographs))
    ]


def _pair(hints, name):
    if not isinstance(hints, (list, tuple)) or len(hints) != 2:
        raise ValueError(f"{name} must be a pair of arrays (mask, chroma).")
    return [
        ops.convert_to_numpy(part) if ops.is_tensor(part) else part
        for part in hints
    ]


def _hints(hints, photograph, name):
    mask, chroma = (np.asarray(part) for part in _pair(hints, name))
    height, width = photograph.shape[:2]
    if mask.shape == (height, width, 1):
        mask = mask[..., 0]
    if mask.shape != (height, width) or chroma.shape != (height, width, 2):
        raise ValueError(
            f"{name} have a mask of shape {mask.shape} and chroma of shape "
            f"{chroma.shape}. Expected {(height, width)}, the size of the "
            f"photograph, and {(height, width, 2)}: a and b of CIE Lab."
        )
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise ValueError(
            f"The mask of {name} has values other than 0 and 1. Expected "
            "booleans: True where chroma is known."
        )
    if chroma.dtype.kind not in "fiu":
        raise TypeError(
            f"The chroma of {name} has dtype {chroma.dtype}. Expected numbers: "
            "a and b of CIE Lab."
        )
    mask = mask.astype(bool)
    chroma = np.where(mask[..., None], chroma, 0).astype("float32")
    # The comparison is False for NaN as well.
    if not (np.abs(chroma) <= 128).all():
        raise ValueError(
            f"The chroma of {name} has values that are not finite or not in "
            "[-128, 128]. Expected a and b of CIE Lab."
        )
    return Hints(mask, chroma)


def _at_least(array, height, width):
    """Repeats pixels until every cell of a grid has one."""
    array = np.repeat(array, -(-height // array.shape[0]), axis=0)
    return np.repeat(array, -(-width // array.shape[1]), axis=1)
