"""The loop of the cached sampler, as layers see it."""

import enum

from keras import ops


class LoopLevel(enum.IntEnum):
    """The loop in which a value is first known while pixels are drawn.

    The sampler loops over photographs, rows and pixels, in raster order.
    Layers tell it in these terms how they are computed (see
    `keras_colorize.sampling.CachedSampler`).
    """

    PHOTOGRAPH = 0
    """Known before anything is drawn. Depends on nothing that is drawn."""
    ROW = 1
    """Known when the pixel's row begins. Depends on rows above."""
    PIXEL = 2
    """Known just before the pixel is drawn. Depends on pixels to the left."""
    DRAWN = 3
    """Known once the pixel itself is drawn."""


class UncacheableError(ValueError):
    """A network that cannot be sampled exactly from cached activations."""


def multiply_pixels(x, matrix):
    """Multiplies pixels `(..., C)` by a matrix `(C, N)`.

    Returns:
        A float32 tensor `(..., N)`. Sums are kept in float32 whatever the
        dtype policy.
    """
    # A single product of matrices: with leading dimensions some backends
    # compute a batch of small ones.
    pixels = ops.reshape(ops.cast(x, matrix.dtype), (-1, x.shape[-1]))
    sums = ops.cast(ops.matmul(pixels, matrix), "float32")
    return ops.reshape(sums, (*x.shape[:-1], matrix.shape[-1]))
