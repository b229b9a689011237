"""Contact sheets: several pictures side by side in one."""

import math

import numpy as np
from PIL import Image

_GAP = 8
_BACKGROUND = 128
# Rows that are scaled down at a time.
_ROWS = 256


def contact_sheet(images, columns=None, tile=512):
    """Pictures of one size side by side on middle gray.

    Args:
        images: list of uint8 arrays of one height and width, gray
            `(H, W, 1)` or RGB `(H, W, 3)`.
        columns: int or None. Pictures in a row. By default up to 6 pictures
            are in one row, and more pictures in about as many rows as columns.
        tile: int. Longest side of a picture on the sheet, in pixels. Larger
            pictures are scaled down.

    Returns:
        uint8 array `(H', W', 3)`.

    Raises:
        ValueError: There are no pictures, their sizes differ, or one of them
            is not uint8.
    """
    images = list(images)
    count = len(images)
    if not count:
        raise ValueError("There are no images. Give at least one.")
    if columns is None:
        columns = count if count <= 6 else math.ceil(math.sqrt(count))
    columns = min(columns, count)
    size = images[0].shape[:2]
    scale = min(1.0, tile / max(size))
    height, width = (max(1, round(side * scale)) for side in size)
    down, right = height + _GAP, width + _GAP
    rows = math.ceil(count / columns)
    shape = rows * down + _GAP, columns * right + _GAP, 3
    sheet = np.full(shape, _BACKGROUND, np.uint8)
    for i, image in enumerate(images):
        if image.dtype != np.uint8 or image.shape[:2] != size:
            raise ValueError(
                f"An image is {image.dtype} of shape {image.shape}; the first "
                f"has shape {images[0].shape}. Expected uint8 of one height "
                "and width."
            )
        picture = _scaled_down(image, height, width) if scale < 1 else image
        top, left = (_GAP + i // columns * down, _GAP + i % columns * right)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def _scaled_down(image, height, width):
    """A picture scaled down, `(height, width, 1 or 3)`.

    As with Pillow's `reducing_gap=3`, a large picture is first divided by a
    whole number. This is done in bands of rows, to save memory.
    """
    old_height, old_width, channels = image.shape
    factor = max(1, min(old_height // height, old_width // width) // 3)
    step = factor * max(1, _ROWS // factor)
    bands = [
        np.asarray(_as_pil(image[row : row + step]).reduce(factor))
        for row in range(0, old_height, step)
    ]
    small = np.concatenate(bands).reshape(-1, -(-old_width // factor), channels)
    picture = _as_pil(small).resize(
        (width, height),
        Image.Resampling.LANCZOS,
        box=(0, 0, old_width / factor, old_height / factor),
    )
    return np.asarray(picture).reshape(height, width, channels)


def _as_pil(image):
    image = image[..., 0] if image.shape[2] == 1 else image
    return Image.fromarray(np.ascontiguousarray(image))
