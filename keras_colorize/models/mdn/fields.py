"""Chroma fields and gray as the networks of Deshpande et al. (2017) see them.

A field has a / 128 and b / 128 of CIE Lab. Gray is (2.55 L - 128) / 128, which
is about -1 to 1. These are the numbers of the released program, where Lab is
stored in 8 bits, but for rounding.
"""

from keras import ops

from keras_colorize.color import resize

SCALE = 128.0


def sized(images, size):
    """Images `(B, H, W, C)` resized to `size` x `size`.

    Raises:
        ValueError: If the height or width is unknown.
    """
    height, width = images.shape[1:3]
    if height is None or width is None:
        raise ValueError(
            f"Images have height {height} and width {width} when the model is "
            "compiled. Expected images of a known size: resize them first, "
            "and set the shape of the data source."
        )
    if (height, width) == (size, size):
        return images
    return resize(images, size, size)


def gray_for_field(gray, size):
    """Gray `(B, H, W, 1)` normalized as (L - 50) / 50, for a field."""
    luminance = 50.0 * sized(gray, size) + 50.0
    return (2.55 * luminance - SCALE) / SCALE


def to_quadrants(field):
    """Reinterprets the planes of a and b as the released program does.

    The program stores a field as the vector of the a plane, then the b plane,
    and reads this vector as an image of two channels, without transposing.
    So it sees four quadrants: a above b, even rows beside odd rows, and even
    and odd columns in its channels.

    Args:
        field: Tensor `(B, S, S, 2)`.

    Returns:
        A tensor `(B, S, S, 2)`.
    """
    planes = ops.transpose(field, (0, 3, 1, 2))
    return ops.reshape(planes, (-1, *field.shape[1:]))


def from_quadrants(field):
    """The inverse of `to_quadrants`."""
    size = field.shape[1]
    planes = ops.reshape(field, (-1, 2, size, size))
    return ops.transpose(planes, (0, 2, 3, 1))
