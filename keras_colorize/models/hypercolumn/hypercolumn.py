"""The first layer on hypercolumns."""

import keras
from keras import ops

from keras_colorize import encoders

BORDERS = ("repeat", "zeros")


@keras.saving.register_keras_serializable(package="keras_colorize")
class Hypercolumn(keras.layers.Layer):
    """A dense layer on the hypercolumn of each pixel of a grid.

    A hypercolumn holds, for one place, the values of all feature maps at that
    place (Larsson et al. 2016, section 3.1). The layer is linear, so it
    multiplies each map by its own slice of the kernel, at the map's own
    resolution, and adds the interpolated products. The hypercolumn itself is
    never in memory.

    Maps finer than the grid are averaged over the grid's cells. Coarser ones
    are interpolated bilinearly. Cell i of a map of stride s is at pixel
    s (i + 1/2) - 1/2.

    Args:
        filters: int. Outputs of the layer.
        grid_stride: int. Side of the grid's cells, in pixels.
        border: str. The value of a map outside: `"repeat"`, its outermost
            value, or `"zeros"`.
    """

    def __init__(self, filters, grid_stride=4, border="repeat", **kwargs):
        super().__init__(**kwargs)
        if border not in BORDERS:
            raise ValueError(
                f"border is {border!r}. Expected one of {BORDERS}."
            )
        self.filters = filters
        self.grid_stride = grid_stride
        self.border = border

    def build(self, maps_shape, points_shape=None):
        # Glorot's limit of the whole kernel, not of each slice.
        channels = sum(shape[-1] for shape in maps_shape.values())
        limit = (6.0 / (channels + self.filters)) ** 0.5
        self.slices = {}
        for name, shape in maps_shape.items():
            self.slices[name] = keras.layers.Dense(
                self.filters,
                use_bias=name == "gray",
                kernel_initializer=keras.initializers.RandomUniform(
                    -limit, limit
                ),
                dtype=self.dtype_policy,
                name=name,
            )
            self.slices[name].build(shape)

    def call(self, maps, points=None):
        """Computes the layer on the whole grid or at some of its cells.

        Args:
            maps: dict of tensors: `"gray"` `(B, H, W, 1)`, and the feature
                maps of an encoder, named by stride.
            points: None, or int tensor `(B, N, 2)`: rows and columns of cells
                of the grid.

        Returns:
            A tensor `(B, H / grid_stride, W / grid_stride, filters)`, or
            `(B, N, filters)` with points.
        """
        height, width = ops.shape(maps["gray"])[1:3]
        grid = (height // self.grid_stride, width // self.grid_stride)
        total = 0.0
        for name, dense in self.slices.items():
            features = maps[name]
            stride = 1 if name == "gray" else encoders.stride(name)
            if stride < self.grid_stride:
                factor = self.grid_stride // stride
                features = ops.average_pool(
                    features, factor, factor, data_format="channels_last"
                )
                stride = self.grid_stride
            scale = self.grid_stride / stride
            how = (scale, self.border)
            if points is None:
                total = total + enlarge(dense(features), grid, *how)
            else:
                total = total + _at_points(dense, features, points, *how)
        return total

    def compute_output_spec(self, maps, points=None):
        batch, *sizes, _ = maps["gray"].shape
        places = [size and size // self.grid_stride for size in sizes]
        if points is not None:
            places = [points.shape[1]]
        shape = (batch, *places, self.filters)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "grid_stride": self.grid_stride,
            "border": self.border,
        }


def enlarge(features, grid, scale, border):
    """Interpolates a map bilinearly at all cells of a finer grid.

    Args:
        features: Tensor `(B, h, w, C)`.
        grid: tuple of ints. Height and width of the grid.
        scale: float. Side of the grid's cells over that of the map's.
        border: str. See `Hypercolumn`.

    Returns:
        A tensor `(B, *grid, C)`.
    """
    if scale == 1:
        return features
    height, width = ops.shape(features)[1:3]
    how = (scale, border, features.dtype)
    rows = bilinear_weights(ops.arange(grid[0]), height, *how)
    columns = bilinear_weights(ops.arange(grid[1]), width, *how)
    features = ops.einsum("yh,bhwc->bywc", rows, features)
    return ops.einsum("xw,bywc->byxc", columns, features)


def _at_points(dense, features, points, scale, border):
    """Multiplies a map by its slice, and interpolates it at some cells.

    The order of the two does not matter, so the one that leaves fewer places
    for the product goes first.
    """
    batch, height, width = ops.shape(features)[:3]
    # A size that is not known before the program runs counts as large.
    cells = height * width if None not in features.shape[1:3] else None
    dense_first = cells is not None and cells <= points.shape[1]
    if dense_first:
        features = dense(features)
    rows, columns = (
        bilinear_weights(points[..., axis], size, scale, border, features.dtype)
        for axis, size in enumerate((height, width))
    )
    weights = ops.reshape(
        rows[..., :, None] * columns[..., None, :],
        (batch, points.shape[1], height * width),
    )
    features = ops.reshape(
        features, (batch, height * width, features.shape[-1])
    )
    features = ops.matmul(weights, features)
    return features if dense_first else dense(features)


def bilinear_weights(cells, size, scale, border, dtype):
    """Bilinear weights `(..., size)` of a map's cells in cells of a grid.

    The weights of a cell sum to 1. With `border="zeros"` they sum to less
    where the cell is less than half a cell of the map from the border.
    """
    position = (ops.cast(cells, "float32") + 0.5) * scale - 0.5
    if border == "repeat":
        position = ops.clip(position, 0.0, ops.cast(size - 1, "float32"))
    distance = position[..., None] - ops.cast(ops.arange(size), "float32")
    return ops.cast(ops.relu(1.0 - ops.absolute(distance)), dtype)
