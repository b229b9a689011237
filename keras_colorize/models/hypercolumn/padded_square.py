"""The square picture that the released program shows to its network."""

import functools

from keras import ops

from keras_colorize.color import resize
from keras_colorize.models.hypercolumn.hypercolumn import bilinear_weights

# Least width of both margins together, in pixels.
_MARGINS = 12
# Pixels of a photograph whose histograms are in memory at a time.
_PIECE = 65_536


class PaddedSquare:
    """Where a photograph lies in a black square.

    The photograph is in the middle. Its shorter side is at most half of the
    square's side. Its longer side leaves a margin of 6 pixels at both ends.
    The photograph is never enlarged.

    Args:
        size: int. Side of the square.
        height: int. Rows of the photograph.
        width: int. Columns of the photograph.
    """

    def __init__(self, size, height, width):
        shorter, longer = sorted((height, width))
        scale = min(size / 2 / shorter, 1.0)
        if longer * scale >= size - _MARGINS:
            scale = (size - _MARGINS) / longer
        self.size = size
        self.scale = scale
        self.height = height
        self.width = width
        self._small = [max(1, round(x * scale)) for x in (height, width)]
        self._start = [(size - x) // 2 for x in self._small]

    def gray(self, luminance, antialias):
        """Puts the luminance of the photograph into the square.

        Args:
            luminance: Array `(height, width, 1)`.
            antialias: bool. See `resize`.

        Returns:
            A float32 tensor `(1, size, size, 1)`.
        """
        small = resize(luminance, *self._small, antialias=antialias)
        margins = [
            (start, self.size - start - x)
            for start, x in zip(self._start, self._small)
        ]
        return ops.pad(small, [*margins, (0, 0)])[None]

    def window(self, factor):
        """The rows and columns of a grid that see the photograph.

        Args:
            factor: int. Side of the grid's cells, in pixels of the square.

        Returns:
            Two slices.
        """
        return [
            slice(start // factor, -(-(start + x) // factor))
            for start, x in zip(self._start, self._small)
        ]

    def matrices(self, factor, border):
        """The interpolation from a grid on the square to the photograph.

        The released program enlarges histograms to the size of the square and
        then to the scale of the photograph, and crops them in the middle. All
        this is linear and separable, so one matrix an axis does it.

        Args:
            factor: int. Side of the grid's cells, in pixels of the square.
            border: str. See `Hypercolumn`.

        Returns:
            Two float32 tensors, `(height, size / factor)` for rows and
            `(width, size / factor)` for columns.
        """
        return [
            self._matrix(pixels, factor, border)
            for pixels in (self.height, self.width)
        ]

    def bands(self, factor, border):
        """Interpolates histograms at the pixels of the photograph.

        Args:
            factor: See `matrices`.
            border: See `matrices`.

        Yields:
            For each band of rows of the photograph, the slice of the rows; and
            a function of tensors `(1, size / factor, size / factor, n, K)`
            that returns tensors `(1, rows, width, n, K)`.
        """
        rows, columns = self.matrices(factor, border)
        step = max(1, _PIECE // self.width)
        for start in range(0, self.height, step):
            band = slice(start, min(start + step, self.height))
            yield band, functools.partial(_interpolate, rows[band], columns)

    def _matrix(self, pixels, factor, border):
        size = self.size
        enlarge = bilinear_weights(
            ops.arange(size), size // factor, 1 / factor, border, "float32"
        )
        large = round(size / self.scale)
        cells = ops.arange(pixels) + (large - pixels) // 2
        crop = bilinear_weights(cells, size, size / large, border, "float32")
        return ops.matmul(crop, enlarge)


def _interpolate(rows, columns, histograms):
    histograms = ops.einsum("yh,bhwnk->bywnk", rows, histograms)
    return ops.einsum("xw,bywnk->byxnk", columns, histograms)
