"""Pixel values: scaled to [0, 1], checked, and mixed across channels."""

import keras
from keras import ops


def to_float(images):
    """Scales pixel values to float32 in [0, 1].

    Args:
        images: Array or tensor of any shape. uint8 (0 to 255), uint16 (0 to
            65535), or any float type, in [0, 1]. The range is not checked,
            so that traced tensors work.

    Returns:
        A float32 tensor of the same shape.
    """
    if not hasattr(images, "dtype"):
        images = ops.convert_to_tensor(images)
    # Before the conversion: on torch it turns uint16 into int32.
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
    """Raises an error unless `images` is a batch of RGB images."""
    shape = tuple(images.shape)
    if len(shape) != 4 or shape[-1] != 3:
        raise ValueError(
            f"Images have shape {shape}. Expected RGB images, (batch, height, "
            "width, 3)."
        )


def mix_channels(images, matrix):
    """Multiplies the channels by a constant matrix, in full float32.

    `matmul` may round to TF32 on a GPU, which is too coarse for color.

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
