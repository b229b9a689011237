"""Chroma down to the model's grid and up to a photograph.

Resizing is separable, so each axis is a small matrix made in NumPy: the same
on every backend, differentiable, and aligned as the chroma was taken.
"""

import numpy as np
from keras import ops

DOWNSAMPLING = ("area", "subsample")
UPSAMPLING = ("guided", "bilinear", "corners")
# Variance of L (of 100) under which an area counts as flat, in `guided`.
_FLAT_VARIANCE = 25.0


def downsample(images, factor, method="area"):
    """Shrinks images by an integer factor.

    Args:
        images: Float tensor `(..., H, W, C)`; H and W multiples of `factor`.
        factor: int. At least 1.
        method: str. `"area"` takes the mean of each `factor` x `factor`
            block; `"subsample"` takes every `factor`-th pixel from the first
            (what TensorFlow 1's `resize_bilinear` does at an integer factor,
            so what the numbers of Royer et al. 2017 were measured on).

    Returns:
        A tensor `(..., H / factor, W / factor, C)`.
    """
    if method not in DOWNSAMPLING:
        raise ValueError(
            f"Chroma downsampling {method!r} is unknown. Expected one of "
            f"{DOWNSAMPLING}."
        )
    height, width, channels = images.shape[-3:]
    for name, size in (("height", height), ("width", width)):
        if size is not None and size % factor:
            raise ValueError(
                f"Images of {name} {size} cannot be shrunk by {factor}. "
                f"Expected a multiple of {factor}: crop or resize them first."
            )
    if factor == 1:
        return images
    if method == "subsample":
        return images[..., ::factor, ::factor, :]
    if len(images.shape) == 4:
        return _mean_pool(images, factor)
    leading = tuple(images.shape[:-3])
    pooled = _mean_pool(
        ops.reshape(images, (-1, height, width, channels)), factor
    )
    return ops.reshape(pooled, leading + tuple(pooled.shape[1:]))


def _mean_pool(images, factor):
    return ops.average_pool(
        images, factor, factor, "valid", data_format="channels_last"
    )


def resize(images, height, width, offset=0.5):
    """Resizes images to any size, without shifting them.

    Each axis by itself: shrinking takes the mean over what a new pixel
    covers, enlarging is linear.

    Args:
        images: Float tensor `(..., h, w, C)`.
        height: int. Rows wanted.
        width: int. Columns wanted.
        offset: float. Where in the cell of a low-resolution pixel its value
            is taken: 0.5 for the center, less towards the top left.

    Returns:
        A float32 tensor `(..., height, width, C)`.
    """
    old_height, old_width = images.shape[-3:-1]
    rows = _resizing_matrix(height, old_height, offset)
    columns = _resizing_matrix(width, old_width, offset)
    return _resample(images, rows, columns)


def _resample(images, rows, columns):
    """Multiplies rows and columns of images by a matrix each."""
    images = ops.cast(images, "float32")
    height, old_height = rows.shape
    # The rows are one large product, the columns are many small ones: those
    # are done where there are fewer rows.
    if height > old_height:
        images = ops.matmul(columns, images)
    shape = tuple(images.shape)
    flat = ops.reshape(images, (*shape[:-2], -1))
    images = ops.reshape(
        ops.matmul(rows, flat), (*shape[:-3], height, *shape[-2:])
    )
    return images if height > old_height else ops.matmul(columns, images)


def _resizing_matrix(new, old, offset):
    make = _linear_matrix if new > old else _area_matrix
    return make(new, old, offset)


def _linear_matrix(new, old, offset):
    position = (np.arange(new) + 0.5) * old / new - offset
    return _interpolation(np.clip(position, 0, old - 1), old)


def _corners_matrix(new, old):
    """Linear, with the outermost pixels on the outermost pixels."""
    return _interpolation(np.linspace(0, old - 1, new), old)


def _interpolation(position, old):
    new = len(position)
    low = np.minimum(position.astype(int), max(old - 2, 0))
    share = position - low
    matrix = np.zeros((new, old), "float32")
    matrix[np.arange(new), low] = 1 - share
    matrix[np.arange(new), np.minimum(low + 1, old - 1)] += share
    return matrix


def _area_matrix(new, old, offset):
    edges = np.clip((np.arange(new + 1) + offset - 0.5) * old / new, 0, old)
    pixels = np.arange(old)
    low = np.maximum(edges[:-1, None], pixels)
    high = np.minimum(edges[1:, None], pixels + 1)
    matrix = np.maximum(high - low, 0)
    return (matrix / matrix.sum(1, keepdims=True)).astype("float32")


def upsample_chroma(chroma, luminance, method="guided", offset=0.5):
    """Enlarges chroma to the size of a photograph's luminance.

    `"guided"` adds to bilinear interpolation what luminance shows and the
    chroma's resolution does not: the difference of the luminance from its own
    interpolation, times the local slope of chroma against luminance. The
    slopes are those of the guided filter (He, Sun and Tang 2013, equations 5
    and 8), over 3x3 chroma pixels. So colors end where the photograph's edges
    are, and are bilinear where luminance is flat (standard deviation far below
    5 of 100).

    Args:
        chroma: Float tensor `(..., h, w, C)`.
        luminance: Float tensor `(..., H, W, 1)`, L in [0, 100]; leading
            dimensions broadcast against those of `chroma`.
        method: str. `"guided"`; `"bilinear"`; or `"corners"`, bilinear with
            the corners' pixels on the corners, as the program of Royer et al.
            (2017) shows its samples.
        offset: float. Where in its cell, in units of a cell, a chroma value
            was taken: 0.5 for `"area"`; 0.5 / factor for `"subsample"`, which
            takes the first pixel of each block. `"corners"` has no cells.

    Returns:
        A float32 tensor `(..., H, W, C)`.
    """
    grid = chroma.shape[-3:-1]
    return ChromaUpsampling(luminance, *grid, method, offset)(chroma)


class ChromaUpsampling:
    """`upsample_chroma` of many colorings of one photograph.

    Args:
        luminance: Float tensor `(..., H, W, 1)`, L in [0, 100].
        height: int. Rows of the chroma.
        width: int. Columns of the chroma.
        method: See `upsample_chroma`.
        offset: See `upsample_chroma`.
    """

    def __init__(self, luminance, height, width, method="guided", offset=0.5):
        if method not in UPSAMPLING:
            raise ValueError(
                f"Upsampling {method!r} is unknown. Expected one of "
                f"{UPSAMPLING}."
            )
        make = _corners_matrix if method == "corners" else _resizing_matrix
        where = () if method == "corners" else (offset,)
        self._rows, self._columns = (
            make(new, old, *where)
            for new, old in zip(luminance.shape[-3:-1], (height, width))
        )
        self._guide = None
        if method == "guided":
            luminance = ops.cast(luminance, "float32")
            self._guide = resize(luminance, height, width, offset)
            self._detail = luminance - self._enlarged(self._guide)

    def __call__(self, chroma):
        """Enlarges chroma `(..., h, w, C)` to `(..., H, W, C)`, float32."""
        if self._guide is None:
            return self._enlarged(chroma)
        chroma = ops.cast(chroma, "float32")
        slope = _slope(self._guide, chroma)
        both = self._enlarged(ops.concatenate([chroma, slope], axis=-1))
        smooth, slope = ops.split(both, 2, axis=-1)
        return smooth + slope * self._detail

    def _enlarged(self, images):
        return _resample(images, self._rows, self._columns)


def _slope(guide, chroma):
    """Slope of chroma against the guide by least squares over 3x3 windows."""
    mean_guide = _blur(guide)
    variance = _blur(guide * guide) - mean_guide * mean_guide
    covariance = _blur(guide * chroma) - mean_guide * _blur(chroma)
    slope = covariance / (ops.maximum(variance, 0.0) + _FLAT_VARIANCE)
    return _blur(slope)


def _blur(images):
    """Mean over 3x3 windows that end at the border."""
    height, width = images.shape[-3:-1]
    shape = tuple(images.shape)
    flat = ops.reshape(images, (*shape[:-3], height, -1))
    tall = ops.reshape(ops.matmul(_window_matrix(height), flat), shape)
    return ops.matmul(_window_matrix(width), tall)


def _window_matrix(size):
    near = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) <= 1
    return (near / near.sum(1, keepdims=True)).astype("float32")
