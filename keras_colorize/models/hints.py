"""Chroma of a photograph that is known before it is colored."""

import dataclasses

import numpy as np
from keras import ops

from keras_colorize.color import normalize_lab


@dataclasses.dataclass(frozen=True)
class Hints:
    """What is known of a photograph's chroma.

    Args:
        mask: bool array (H, W). Where it is known.
        chroma: float32 array (H, W, 2). a and b of CIE Lab; 0 elsewhere.
    """

    mask: np.ndarray
    chroma: np.ndarray

    def on_grid(self, height, width):
        """The hints on a model's grid.

        Args:
            height: int.
            width: int.

        Returns:
            A float32 array (height, width, 3): the mean of what is known in
            each cell, normalized to [-1, 1], and 1 where anything is, else 0.
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
        values = ops.convert_to_numpy(normalize_lab(mean.astype("float32")))
        values = np.clip(values, -1.0, 1.0) * (counts > 0)[:, None]
        hints = np.concatenate([values, counts[:, None] > 0], axis=-1)
        return hints.reshape(height, width, 3).astype("float32")


def hints_of(hints, photographs, kind):
    """Checks hints, before any work is done.

    Args:
        hints: As `Colorizer.generate` takes them.
        photographs: list of arrays (H, W, 1 or 3).
        kind: str. From `photographs_of`: what `photographs` were.

    Returns:
        A list of `Hints` or None, one for each photograph.
    """
    if hints is None:
        return [None] * len(photographs)
    if kind == "one":
        return [_hints(hints, photographs[0], "hints")]
    if kind == "batch":
        mask, chroma = (np.asarray(part) for part in _pair(hints, "hints"))
        if not len(mask) == len(chroma) == len(photographs):
            raise ValueError(
                f"hints have masks of shape {mask.shape} and chroma of shape "
                f"{chroma.shape} for a batch of {len(photographs)} "
                "photographs. Expected (N, H, W) and (N, H, W, 2)."
            )
        hints = list(zip(mask, chroma))
    elif not isinstance(hints, (list, tuple)) or len(hints) != len(photographs):
        raise ValueError(
            f"For a list of {len(photographs)} photographs, hints must be a "
            "list as long, each item a pair (mask, chroma) or None."
        )
    return [
        None if item is None else _hints(item, photograph, f"hints[{index}]")
        for index, (item, photograph) in enumerate(zip(hints, photographs))
    ]


def _pair(hints, name):
    if not isinstance(hints, (list, tuple)) or len(hints) != 2:
        raise ValueError(f"{name} must be a pair (mask, chroma).")
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
            f"{chroma.shape}. Expected {(height, width)}, as the photograph, "
            f"and {(height, width, 2)}: a and b of CIE Lab."
        )
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise ValueError(
            f"The mask of {name} has values other than 0 and 1. Expected "
            "booleans: True where chroma is known."
        )
    if chroma.dtype.kind not in "fiu":
        raise TypeError(
            f"The chroma of {name} is {chroma.dtype}. Expected numbers: a and "
            "b of CIE Lab."
        )
    mask = mask.astype(bool)
    chroma = np.where(mask[..., None], chroma, 0).astype("float32")
    # The comparison is False for NaN as well.
    if not (np.abs(chroma) <= 128).all():
        raise ValueError(
            f"The chroma of {name} has values that are not finite or beyond "
            "128. Expected a and b of CIE Lab, in [-128, 128]."
        )
    return Hints(mask, chroma)


def _at_least(array, height, width):
    """Pixels repeated until every cell of a grid has one."""
    array = np.repeat(array, -(-height // array.shape[0]), axis=0)
    return np.repeat(array, -(-width // array.shape[1]), axis=1)
