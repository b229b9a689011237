"""Resizing: to the model's grid, and back to a photograph's size.

Resizing is separable. Each axis is resized by a small matrix made in NumPy, so
the result is the same on every backend and differentiable.
"""

import numpy as np
from keras import ops

DOWNSAMPLING = ("area", "subsample")
UPSAMPLING = ("guided", "bilinear", "corners")
# Variance of L below which "guided" takes an area for flat.
_FLAT_VARIANCE = 25.0
# Rows of a photograph that are shrunk at a time.
_BAND = 64


def downsample(images, factor, method="area"):
    """Shrinks images by an integer factor.

    Args:
        images: Float tensor `(..., H, W, C)`; H and W multiples of `factor`.
        factor: int. At least 1.
        method: str. `"area"` takes the mean of each `factor` x `factor`
            block. `"subsample"` takes the first pixel of each block, as
            TensorFlow 1's `resize_bilinear` does at integer factors. The
            numbers of Royer et al. (2017) were measured with it.

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


def resize(images, height, width, offset=0.5, antialias=True):
    """Resizes images to any size, without shifting them.

    Each axis is resized by itself. Shrinking takes the mean of the area that
    a new pixel covers. Enlarging is linear interpolation.

    Args:
        images: Float array or tensor `(..., h, w, C)`, or `Luminance`.
        height: int. Rows of the result.
        width: int. Columns of the result.
        offset: float. Where in its cell a pixel of the smaller image has its
            value: 0.5 is the center, 0 the top left corner.
        antialias: bool. False shrinks by linear interpolation too, from the
            two nearest pixels of each axis.

    Returns:
        A float32 tensor `(..., height, width, C)`.
    """
    old_height, old_width = images.shape[-3:-1]
    rows = _resizing_matrix(height, old_height, offset, antialias)
    columns = _resizing_matrix(width, old_width, offset, antialias)
    return _resample(images, rows, columns)


def _resample(images, rows, columns):
    """Multiplies rows and columns of images by a matrix each."""
    height, old_height = rows.shape
    if (
        height < old_height
        and len(images.shape) == 3
        and not ops.is_tensor(images)
    ):
        return ops.matmul(columns, _shrink_rows(images, rows))
    images = ops.cast(images[:], "float32")
    # The product for rows is one large one, the product for columns is many
    # small ones. So columns are resized while there are fewer rows.
    if height > old_height:
        images = ops.matmul(columns, images)
    shape = ops.shape(images)
    flat = ops.reshape(images, (*shape[:-2], -1))
    images = ops.reshape(
        ops.matmul(rows, flat), (*shape[:-3], height, *shape[-2:])
    )
    return images if height > old_height else ops.matmul(columns, images)


def _shrink_rows(image, rows):
    """Multiplies the rows of one photograph by a matrix, to save memory.

    A band of rows belongs to few new rows: other weights are 0.
    """
    height, width, channels = image.shape
    shrunk = np.zeros((len(rows), width, channels), "float32")
    for start in range(0, height, _BAND):
        weights = rows[:, start : start + _BAND]
        new = np.flatnonzero(weights.any(axis=1))
        band = image[start : start + _BAND].astype("float32", copy=False)
        shrunk[new] += np.tensordot(weights[new], band, 1)
    return shrunk


def _resizing_matrix(new, old, offset, antialias=True):
    make = _area_matrix if new <= old and antialias else _linear_matrix
    return make(new, old, offset)


def _linear_matrix(new, old, offset):
    position = (np.arange(new) + 0.5) * old / new - offset
    return _interpolation(np.clip(position, 0, old - 1), old)


def _corners_matrix(new, old):
    """Linear interpolation that keeps the corner pixels on the corners."""
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

    `"guided"` adds detail to bilinear interpolation, so that colors end at the
    photograph's edges. The detail is the luminance minus its own bilinear
    interpolation, times the local slope of chroma against luminance. The
    slopes are those of the guided filter (He, Sun and Tang 2013, equations 5
    and 8), over 3x3 chroma pixels. Where luminance is flat (standard deviation
    far below 5), the result is bilinear.

    Args:
        chroma: Float tensor `(..., h, w, C)`.
        luminance: Float tensor `(..., H, W, 1)`, L in [0, 100]. Its leading
            dimensions broadcast against those of `chroma`.
        method: str. `"guided"`; `"bilinear"`; or `"corners"`, which is
            bilinear and keeps the corner pixels on the corners, as the program
            of Royer et al. (2017) does.
        offset: float. Where in its cell a chroma value was taken: 0.5, the
            center, for `downsample`'s `"area"`; 0.5 / factor, the center of
            the first pixel, for `"subsample"`. `"corners"` ignores it.

    Returns:
        A float32 tensor `(..., H, W, C)`.
    """
    grid = chroma.shape[-3:-1]
    return ChromaUpsampling(luminance, *grid, method, offset)(chroma)


class ChromaUpsampling:
    """`upsample_chroma` of many colorings of one photograph.

    Args:
        luminance: Float array or tensor `(..., H, W, 1)`, or `Luminance`, in
            [0, white].
        height: int. Rows of the chroma.
        width: int. Columns of the chroma.
        method: See `upsample_chroma`.
        offset: See `upsample_chroma`.
        white: float. The luminance of white.
    """

    def __init__(
        self,
        luminance,
        height,
        width,
        method="guided",
        offset=0.5,
        white=100.0,
    ):
        if method not in UPSAMPLING:
            raise ValueError(
                f"Upsampling {method!r} is unknown. Expected one of "
                f"{UPSAMPLING}."
            )
        self._rows, self._columns = (
            _corners_matrix(new, old)
            if method == "corners"
            else _resizing_matrix(new, old, offset)
            for new, old in zip(luminance.shape[-3:-1], (height, width))
        )
        self._guide = None
        if method == "guided":
            self._luminance = luminance
            self._scale = 100.0 / white
            self._guide = self._scale * resize(luminance, height, width, offset)

    def __call__(self, chroma):
        """Enlarges chroma `(..., h, w, C)` to `(..., H, W, C)`, float32."""
        return self.by_rows(chroma)(slice(None))

    def by_rows(self, chroma):
        """Enlarges chroma in bands of rows, to save memory.

        Args:
            chroma: Float tensor `(..., h, w, C)`.

        Returns:
            A function of a slice of rows, without a step, that returns these
            rows of the enlarged chroma, `(..., rows, W, C)`.
        """
        chroma = ops.cast(chroma, "float32")
        channels = chroma.shape[-1]
        if self._guide is not None:
            slope = _slope(self._guide, chroma)
            shape = (*slope.shape[:-1], 1)
            guide = ops.broadcast_to(self._guide, shape)
            chroma = ops.broadcast_to(chroma, slope.shape)
            chroma = ops.concatenate([chroma, slope, guide], axis=-1)
        wide = ops.matmul(self._columns, chroma)
        *leading, height, width, depth = wide.shape
        wide = ops.reshape(wide, (*leading, height, width * depth))

        def enlarged(rows):
            matrix = self._rows[rows]
            band = ops.reshape(
                ops.matmul(matrix, wide),
                (*leading, len(matrix), width, depth),
            )
            if self._guide is None:
                return band
            smooth, slope, guide = ops.split(
                band, [channels, 2 * channels], axis=-1
            )
            luminance = self._luminance
            if len(luminance.shape) == 3:
                luminance = luminance[rows]
            else:
                luminance = luminance[..., rows, :, :]
            luminance = ops.cast(luminance, "float32")
            return smooth + slope * (self._scale * luminance - guide)

        return enlarged


def _slope(guide, chroma):
    """The least-squares slope of chroma against the guide, in 3x3 windows."""
    mean_guide = _blur(guide)
    variance = _blur(guide * guide) - mean_guide * mean_guide
    covariance = _blur(guide * chroma) - mean_guide * _blur(chroma)
    slope = covariance / (ops.maximum(variance, 0.0) + _FLAT_VARIANCE)
    return _blur(slope)


def _blur(images):
    """The mean over 3x3 windows, smaller at the border."""
    height, width = images.shape[-3:-1]
    shape = tuple(images.shape)
    flat = ops.reshape(images, (*shape[:-3], height, -1))
    tall = ops.reshape(ops.matmul(_window_matrix(height), flat), shape)
    return ops.matmul(_window_matrix(width), tall)


def _window_matrix(size):
    near = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) <= 1
    return (near / near.sum(1, keepdims=True)).astype("float32")
