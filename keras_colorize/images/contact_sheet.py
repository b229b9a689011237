"""Contact sheets: several pictures side by side in one."""

import math

import numpy as np
from PIL import Image

_GAP = 8
_BACKGROUND = 128


def contact_sheet(images, columns=None, tile=512):
    """Pictures of one size side by side on middle gray.

    Args:
        images: list of uint8 arrays of one height and width, gray
            `(H, W, 1)` or RGB `(H, W, 3)`. The rows are filled from the left.
        columns: int or None. Pictures in a row; None puts all in one row up
            to 6, and about as many rows as columns beyond.
        tile: int. Longest side of one picture on the sheet, in pixels: larger
            pictures are scaled down.

    Returns:
        uint8 array `(H', W', 3)`.

    Raises:
        TypeError: A picture is not of uint8.
        ValueError: There are no pictures, their shapes differ, or `columns` or
            `tile` is below 1.
    """
    images = list(images)
    _check(images, columns, tile)
    count = len(images)
    if columns is None:
        columns = count if count <= 6 else math.ceil(math.sqrt(count))
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    height, width = _tile_size(*images[0].shape[:2], tile)
    shape = rows * (height + _GAP) + _GAP, columns * (width + _GAP) + _GAP, 3
    sheet = np.full(shape, _BACKGROUND, np.uint8)
    for i, image in enumerate(images):
        top = _GAP + i // columns * (height + _GAP)
        left = _GAP + i % columns * (width + _GAP)
        # A gray picture spreads over the three channels.
        sheet[top : top + height, left : left + width] = _scaled(
            image, height, width
        )
    return sheet


def _tile_size(height, width, tile):
    scale = min(1.0, tile / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _scaled(image, height, width):
    if image.shape[:2] == (height, width):
        return image
    picture = image[..., 0] if image.shape[2] == 1 else image
    picture = Image.fromarray(np.ascontiguousarray(picture))
    picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture).reshape(height, width, -1)


def _check(images, columns, tile):
    if not images:
        raise ValueError("There are no images. Give at least one.")
    if columns is not None and columns < 1:
        raise ValueError(f"columns is {columns}. Expected at least 1, or None.")
    if tile < 1:
        raise ValueError(f"tile is {tile}. Expected at least 1 pixel.")
    size = images[0].shape[:2]
    for image in images:
        if image.dtype != np.uint8:
            raise TypeError(
                f"Expected uint8 arrays, got {image.dtype}. Reduce 16-bit "
                "pixels to 8 bits first."
            )
        if image.shape not in ((*size, 1), (*size, 3)) or 0 in size:
            raise ValueError(
                f"An image has shape {image.shape} and the first has "
                f"{images[0].shape}. Expected (H, W, 1) or (H, W, 3) of one "
                "height and width."
            )
