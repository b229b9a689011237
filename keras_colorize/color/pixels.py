"""Stored pixel values: to float32 in [0, 1], checked and mixed."""

import keras
from keras import ops


def to_float(images):
    """Scales pixel values to float32 in [0, 1].

    Args:
        images: Array or tensor of any shape. uint8 (0 to 255), uint16 (0 to
            65535), or any float type (already in [0, 1]; not checked, so
            that it works on traced tensors).

    Returns:
        A float32 tensor of the same shape.
    """
    if not hasattr(images, "dtype"):
        images = ops.convert_to_tensor(images)
    # Read before the conversion, which makes uint16 an int32 on torch.
    dtype = keras.utils.standardize_dtype(images.dtype)
    images = ops.cast(ops.convert_to_tensor(images), "float32")
    if dtype == "uint8":
        return images / 255.0
    if dtype == "uint16":
        return images / 65535.0
    if dtype.startswith(("float", "bfloat")):
        return images
    raise TypeError(
        f"Pixels have dtype {dtype}. Expected uint8 (0 to 255), uint16 (0 to "
        "65535) or a float type (0 to 1): convert them first."
    )


def check_rgb(images):
    """Refuses what is no batch of RGB images, `(B, H, W, 3)`."""
    shape = tuple(images.shape)
    if len(shape) != 4 or shape[-1] != 3:
        raise ValueError(
            f"Images have shape {shape}. Expected RGB images, (batch, height, "
            "width, 3)."
        )


def mix_channels(images, matrix):
    """Multiplies the channels by a constant matrix, in full float32.

    Not `matmul`: on a GPU that may round to TF32, too coarse for color.

    Args:
        images: Float tensor `(..., n)`.
        matrix: Array `(m, n)`.

    Returns:
        A float32 tensor `(..., m)`.
    """
    channels = [images[..., i] for i in range(matrix.shape[1])]
    return ops.stack(
        [
            sum(float(weight) * c for weight, c in zip(row, channels))
            for row in matrix
        ],
        axis=-1,
    )
