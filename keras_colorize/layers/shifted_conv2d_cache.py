"""A causal convolution inside the loops of the cached sampler."""

from keras import ops

from keras_colorize.layers.loop_level import LoopLevel
from keras_colorize.layers.loop_level import UncacheableError
from keras_colorize.layers.loop_level import multiply_pixels


class ShiftedConv2DCache:
    """How a `ShiftedConv2D` is computed while its input is being drawn.

    Every activation is multiplied once, by all taps that use it, and the
    products are pushed into the sums of the pixels that they will reach:
    `below`, sums of the next rows `(W, B, N)`, nearest first, and `right`,
    sums of the next pixels of this row `(B, N)`. Sums are float32.

    Args:
        layer: A built `ShiftedConv2D`.
        level: LoopLevel. When its input is known.

    Attributes:
        input_level: LoopLevel. When the input is known.
        level: LoopLevel. When the output is known.
        reaches_below: bool. Whether rows below use an input row.
        strict: bool. Whether an output of this row never needs the input at
            its own pixel.
    """

    def __init__(self, layer, level):
        height, width = layer.kernel_size
        down = layer.direction == "down"
        left = layer.padding[1][0]
        self._layer = layer
        self._strict_row = layer.strict and down
        self._strict_column = layer.strict and not down
        # By how much each tap's product moves down and right.
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
                'Make it strict, or of direction "down_right".'
            )
        return LoopLevel.PIXEL if self.strict else level

    def fold(self):
        """The layer's weights as matrices, computed once before the loop.

        Returns:
            A dictionary: `bias` `(N,)`; `all`, the taps of every row, or
            `current` and `above`, those of the current row and those of rows
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
        """The sums of the rows below before there is a first row."""
        zeros = ops.zeros((width, batch, self._layer.filters))
        return (zeros,) * max(self._rows)

    def start_pixels(self, batch):
        """The sums of the pixels to come at the start of a row."""
        if self.level < LoopLevel.PIXEL:
            return ()
        zeros = ops.zeros((batch, self._layer.filters))
        return (zeros,) * max(self._columns)

    def arrived(self, weights, below, batch, width):
        """What a row's outputs have from rows above: `(W, B, N)`, float32."""
        filters = self._layer.filters
        sums = below[0] if below else ops.zeros((width, batch, filters))
        if self._strict_row:
            return sums
        bias = ops.broadcast_to(weights["bias"], (width, 1, filters))
        # A strict layer's first column is exactly zero, without a bias.
        return sums + (_moved(bias, 1) if self._strict_column else bias)

    def take_row(self, weights, below, inputs):
        """A whole row `(W, B, C)`: its outputs, and the sums below it."""
        width, batch = inputs.shape[:2]
        outputs = self.arrived(weights, below, batch, width)
        sums = self._row_sums(weights["all"], self._rows, inputs)
        if 0 in sums:
            outputs = outputs + sums[0]
        return self._cast(outputs), self._leave(weights, below, sums)

    def leave_row(self, weights, below, inputs):
        """Pushes a row's inputs `(W, B, C)`, all drawn by now, down."""
        sums = self._row_sums(weights["above"], self._rows_above(), inputs)
        return self._leave(weights, below, sums)

    def take_pixel(self, weights, right, arrived, inputs):
        """A pixel `(B, C)`: its outputs, and the sums right of it."""
        sums = self._pixel_sums(weights, inputs)
        outputs = arrived + sums[0]
        if right:
            outputs = outputs + right[0]
        return self._cast(outputs), _shifted(right, sums)

    def read_pixel(self, right, arrived):
        """A strict layer's outputs at a pixel, before its input is known."""
        return self._cast(arrived + right[0])

    def push_pixel(self, weights, right, inputs):
        """Pushes a strict layer's input at a pixel `(B, C)` to the right."""
        return _shifted(right, self._pixel_sums(weights, inputs))

    def _rows_above(self):
        return [row for row in self._rows if row > 0]

    def _cast(self, outputs):
        return ops.cast(outputs, self._layer.compute_dtype)

    def _pixel_sums(self, weights, inputs):
        sums = multiply_pixels(inputs, weights["current"])
        return dict(zip(self._columns, self._taps(sums)))

    def _row_sums(self, matrix, rows, inputs):
        """By how many rows down: what a row of inputs adds there."""
        taps = iter(self._taps(multiply_pixels(inputs, matrix)))
        sums = {}
        for row in rows:
            # Every column has a tap that stays, or moves, within the row.
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
            # Rides along, so that row 0 is exactly zero, without a bias.
            below = (below[0] + weights["bias"], *below[1:])
        return below


def _matrix(kernel):
    """A kernel (rows, columns, C, N) as (C, rows columns N)."""
    matrix = ops.transpose(kernel, (2, 0, 1, 3))
    return ops.reshape(matrix, (kernel.shape[2], -1))


def _shifted(sums, added):
    """The sums one step on: the first is used up, `added` comes in."""
    later = [*sums[1:], None]
    return tuple(
        added[i + 1] if later[i] is None else later[i] + added[i + 1]
        for i in range(len(sums))
    )


def _moved(row, columns):
    """A row `(W, ...)` moved to the right; zeros come in."""
    width = row.shape[0]
    rest = [(0, 0)] * (len(row.shape) - 1)
    if columns == 0:
        return row
    if abs(columns) >= width:
        return ops.zeros_like(row)
    if columns > 0:
        return ops.pad(row[:-columns], [(columns, 0), *rest])
    return ops.pad(row[-columns:], [(0, -columns), *rest])
