"""Matrix products of pixels with a matrix of folded weights."""

from keras import ops


def product(x, matrix):
    """Multiplies pixels `(..., C)` by a matrix `(C, N)`.

    Returns:
        A float32 tensor `(..., N)`: sums of products are kept in float32
        whatever the dtype policy.
    """
    # One plain product of matrices, which no backend makes a batch of small
    # ones of.
    pixels = ops.reshape(ops.cast(x, matrix.dtype), (-1, x.shape[-1]))
    products = ops.cast(ops.matmul(pixels, matrix), "float32")
    return ops.reshape(products, (*x.shape[:-1], matrix.shape[-1]))
