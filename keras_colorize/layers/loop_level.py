"""The loops of the cached sampler, in the terms that layers use."""

import enum

from keras import ops


class LoopLevel(enum.IntEnum):
    """The loop in which a value is first known while pixels are drawn.

    `keras_colorize.sampling.CachedSampler` loops over photographs, rows and
    pixels, in raster order. By these levels it decides when to compute a layer.
    """

    PHOTOGRAPH = 0
    """Known before anything is drawn."""
    ROW = 1
    """Known when the row of the pixel begins. Depends on rows above."""
    PIXEL = 2
    """Known just before the pixel is drawn. Depends on pixels to the left."""
    CHANNEL = 3
    """Known when the first channel of the pixel is drawn. Exists only if the
    channels are drawn one after the other."""
    DRAWN = 4
    """Known when all channels of the pixel are drawn."""


class UncacheableError(ValueError):
    """A network that cannot be sampled exactly from cached activations."""


def multiply_pixels(x, matrix):
    """Multiplies pixels `(..., C)` by a matrix `(C, N)`.

    Returns:
        A tensor `(..., N)`, float32 whatever the dtype policy.
    """
    # One product of two matrices: some backends compute a product with leading
    # dimensions as many small ones.
    pixels = ops.reshape(ops.cast(x, matrix.dtype), (-1, x.shape[-1]))
    sums = ops.cast(ops.matmul(pixels, matrix), "float32")
    return ops.reshape(sums, (*x.shape[:-1], matrix.shape[-1]))
