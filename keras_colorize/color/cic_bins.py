"""The bins of a and b of "Colorful Image Colorization" (Zhang et al. 2016).

`CENTERS` are the centers of the 313 bins, 10 apart. `PRIOR` is how often each
bin occurs in ImageNet. Both are the authors' (`pts_in_hull.npy` and
`prior_probs.npy` of their program, BSD license).
"""

import functools
import pathlib

import numpy as np
from keras import ops

# For each a, the smallest and the largest b.
_RANGES = {
    -90: (50, 90),
    -80: (20, 90),
    -70: (0, 90),
    -60: (-20, 90),
    -50: (-30, 100),
    -40: (-40, 100),
    -30: (-50, 100),
    -20: (-50, 100),
    -10: (-60, 100),
    0: (-70, 100),
    10: (-80, 90),
    20: (-80, 90),
    30: (-90, 90),
    40: (-100, 90),
    50: (-100, 80),
    60: (-110, 80),
    70: (-110, 80),
    80: (-110, 70),
    90: (-110, 70),
    100: (-90, 0),
}
CENTERS = np.array(
    [
        (a, b)
        for a, (low, high) in _RANGES.items()
        for b in range(low, high + 1, 10)
    ],
    "float32",
)
PRIOR = np.load(pathlib.Path(__file__).with_name("cic_prior.npy"))
RARITIES = ("smoothed", "prior")


def bin_weights(rarity="smoothed"):
    """The weight of each bin, which is high for rare colors.

    Args:
        rarity: str. `"smoothed"`: 1 / (p / 2 + 1 / 626) for a bin of
            probability p, divided so that the mean under the prior is 1
            (Zhang et al. 2016, equation 4 with lambda 1/2). `"prior"`: 1 / p,
            from 5 to 1.6e8, as the program of Deshpande et al. (2017).

    Returns:
        A float64 array `(313,)`.
    """
    if rarity not in RARITIES:
        raise ValueError(f"rarity is {rarity!r}. Expected one of {RARITIES}.")
    if rarity == "prior":
        return 1.0 / PRIOR
    weights = 1.0 / (0.5 * PRIOR + 0.5 / len(PRIOR))
    return weights / np.sum(PRIOR * weights)


def color_weights(ab, rarity="smoothed"):
    """The weight of the bin that each color is in.

    The values of a and of b go to the nearest center each by itself, to the
    first in `CENTERS` of two equally near ones (Deshpande et al. 2017, the
    program). A pair that is no bin, which no sRGB color has, takes the nearest
    bin.

    Args:
        ab: Float tensor `(..., 2)`: a and b of CIE Lab.
        rarity: See `bin_weights`.

    Returns:
        A float32 tensor `(...)`.
    """
    levels_a, levels_b, table = _table(rarity)
    row = ops.argmin(ops.abs(ops.subtract(ab[..., :1], levels_a)), axis=-1)
    column = ops.argmin(ops.abs(ops.subtract(ab[..., 1:], levels_b)), axis=-1)
    return ops.take(table, row * len(levels_b) + column)


@functools.cache
def _table(rarity):
    """Levels of a and of b in the order of `CENTERS`, and weights of pairs."""
    weights = bin_weights(rarity)
    levels = [
        np.array(list(dict.fromkeys(column)), "float32") for column in CENTERS.T
    ]
    pairs = np.stack(np.meshgrid(*levels, indexing="ij"), -1).reshape(-1, 1, 2)
    nearest = np.square(pairs - CENTERS).sum(-1).argmin(1)
    return *levels, weights[nearest].astype("float32")
