"""A causal convolution inside the loops of the cached sampler."""

from keras import ops

from keras_colorize.layers.loop_level import LoopLevel
from keras_colorize.layers.loop_level import UncacheableError
from keras_colorize.layers.loop_level import multiply_pixels


class ShiftedConv2DCache:
    """Computes a `ShiftedConv2D` while its input is being drawn.

    Each input is multiplied once, by all kernel taps, and the products are
    added to the sums of later pixels: `below`, the sums of the next rows
    `(W, B, N)`, nearest first, and `right`, the sums of the next pixels of the
    row `(B, N)`. Sums are float32.

    Args:
        layer: A built `ShiftedConv2D`.
        level: LoopLevel. When the input is known.

    Attributes:
        input_level: LoopLevel. When the input is known.
        level: LoopLevel. When the output is known.
        reaches_below: bool. Whether rows below depend on the input of a row.
        strict: bool. Whether an output does not depend on the input at its own
            pixel.
    """

    def __init__(self, layer, level):
        height, width = layer.kernel_size
        down = layer.direction == "down"
        left = layer.padding[1][0]
        self._layer = layer
        self._strict_row = layer.strict and down
        self._strict_column = layer.strict and not down
        # How far the product of each tap moves down and right.
        self._rows = [
            height - 1 - i + int(self._strict_row) for i in range(height)
        ]
        self._columns = [
            left - j + int(self._strict_column) for j in range(width)
        ]
        self.input_level = level
        self.strict = min(self._columns) > 0
        self.reaches_below = max(self._rows) > 0
        self.level = self._output_level(level)

    def _output_level(self, level):
        if level <= LoopLevel.ROW or self._strict_row:
            return LoopLevel.ROW
        if min(self._columns) < 0:
            raise UncacheableError(
                f"{self._layer.name!r} looks at pixels to the right in its "
                "own row, and its input depends on the chroma of that row. "
                'Pass strict=True or direction="down_right".'
            )
        return LoopLevel.PIXEL if self.strict else level

    def fold(self):
        """The layer's weights as matrices, computed once before the loops.

        Returns:
            A dictionary: `"bias"` `(N,)`; and `"all"`, all taps, or
            `"current"` and `"above"`, the taps of the current row and of rows
            above, each `(C, taps N)`.
        """
        layer = self._layer
        kernel = ops.cast(layer.kernel(), layer.compute_dtype)
        folded = {"bias": ops.cast(layer.bias, "float32")}
        if self.input_level == LoopLevel.ROW:
            folded["all"] = _matrix(kernel)
            return folded
        above = len(self._rows_above())
        if above:
            folded["above"] = _matrix(kernel[:above])
        if not self._strict_row:
            folded["current"] = _matrix(kernel[above:])
        return folded

    def start_rows(self, batch, width):
        """The sums of the rows below, before the first row."""
        zeros = ops.zeros((width, batch, self._layer.filters))
        return (zeros,) * max(self._rows)

    def start_pixels(self, batch):
        """The sums of the next pixels, at the start of a row."""
        if self.level < LoopLevel.PIXEL:
            return ()
        zeros = ops.zeros((batch, self._layer.filters))
        return (zeros,) * max(self._columns)

    def arrived(self, weights, below, batch, width):
        """The sum that rows above give to a row: `(W, B, N)`, float32."""
        filters = self._layer.filters
        sums = below[0] if below else ops.zeros((width, batch, filters))
        if self._strict_row:
            return sums
        bias = ops.broadcast_to(weights["bias"], (width, 1, filters))
        # A strict layer's first column is exactly zero, without a bias.
        return sums + (_moved(bias, 1) if self._strict_column else bias)

    def take_row(self, weights, below, inputs):
        """The outputs of a row of inputs `(W, B, C)`, and the sums below."""
        width, batch = inputs.shape[:2]
        outputs = self.arrived(weights, below, batch, width)
        sums = self._row_sums(weights["all"], self._rows, inputs)
        if 0 in sums:
            outputs = outputs + sums[0]
        return self._cast(outputs), self._leave(weights, below, sums)

    def leave_row(self, weights, below, inputs):
        """The sums below, after a row of inputs `(W, B, C)` is drawn."""
        sums = self._row_sums(weights["above"], self._rows_above(), inputs)
        return self._leave(weights, below, sums)

    def take_pixel(self, weights, right, arrived, inputs):
        """The outputs at an input pixel `(B, C)`, and the sums right of it."""
        sums = self._pixel_sums(weights, inputs)
        outputs = arrived + sums[0]
        if right:
            outputs = outputs + right[0]
        return self._cast(outputs), _shifted(right, sums)

    def read_pixel(self, right, arrived):
        """A strict layer's outputs at a pixel, before its input is known."""
        return self._cast(arrived + right[0])

    def push_pixel(self, weights, right, inputs):
        """The sums right of a strict layer's input pixel `(B, C)`."""
        return _shifted(right, self._pixel_sums(weights, inputs))

    def _rows_above(self):
        return [row for row in self._rows if row > 0]

    def _cast(self, outputs):
        return ops.cast(outputs, self._layer.compute_dtype)

    def _pixel_sums(self, weights, inputs):
        sums = multiply_pixels(inputs, weights["current"])
        return dict(zip(self._columns, self._taps(sums)))

    def _row_sums(self, matrix, rows, inputs):
        """What a row of inputs adds to each row, by the number of rows down."""
        taps = iter(self._taps(multiply_pixels(inputs, matrix)))
        sums = {}
        for row in rows:
            moved = [_moved(next(taps), column) for column in self._columns]
            sums[row] = sum(moved[1:], moved[0])
        return sums

    def _taps(self, sums):
        filters = self._layer.filters
        return [
            sums[..., i : i + filters]
            for i in range(0, sums.shape[-1], filters)
        ]

    def _leave(self, weights, below, sums):
        below = _shifted(below, sums)
        if self._strict_row:
            # Added here, not in `arrived`, because row 0 has no bias.
            below = (below[0] + weights["bias"], *below[1:])
        return below


def _matrix(kernel):
    """A kernel (rows, columns, C, N) as (C, rows columns N)."""
    matrix = ops.transpose(kernel, (2, 0, 1, 3))
    return ops.reshape(matrix, (kernel.shape[2], -1))


def _shifted(sums, added):
    """The sums for the next step: drops the first, and adds `added`."""
    later = [*sums[1:], None]
    return tuple(
        added[i + 1] if later[i] is None else later[i] + added[i + 1]
        for i in range(len(sums))
    )


def _moved(row, columns):
    """A row `(W, ...)` moved to the right, filled up with zeros."""
    width = row.shape[0]
    rest = [(0, 0)] * (len(row.shape) - 1)
    if columns == 0:
        return row
    if abs(columns) >= width:
        return ops.zeros_like(row)
    if columns > 0:
        return ops.pad(row[:-columns], [(columns, 0), *rest])
    return ops.pad(row[-columns:], [(0, -columns), *rest])
