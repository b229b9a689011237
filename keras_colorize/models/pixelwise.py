"""Functions of pixels, compiled once for photographs of all sizes."""

import numpy as np
from keras import ops

from keras_colorize.sampling import compiled

# Enough that calls cost little, few enough for small photographs.
_PIECE = 32_768


class Pixelwise:
    """Applies a function of pixels to whole photographs.

    It is compiled, and called on pieces of one size, so that there is one
    program for photographs of all sizes.

    Args:
        function: Function of tensors `(N, C)`, of any number of channels each,
            to a tensor `(N, channels)`.
        channels: int. Channels of the result.
        dtype: str. Of the result.
    """

    def __init__(self, function, channels, dtype):
        self._function = compiled(function)
        self._channels = channels
        self._dtype = dtype

    def __call__(self, *photographs, out=None):
        """Applies the function to photographs of one size.

        Args:
            *photographs: Arrays or tensors `(H, W, C)`.
            out: Contiguous array `(H, W, channels)` to write into, or None.

        Returns:
            An array `(H, W, channels)`.
        """
        arrays = [ops.convert_to_numpy(x) for x in photographs]
        if out is None:
            shape = (*arrays[0].shape[:2], self._channels)
            out = np.empty(shape, self._dtype)
        inputs = [x.reshape(-1, x.shape[-1]) for x in arrays]
        outputs = out.reshape(-1, self._channels)
        for start in range(0, len(outputs), _PIECE):
            pieces = [_filled_up(x[start : start + _PIECE]) for x in inputs]
            result = self._function(*map(ops.convert_to_tensor, pieces))
            place = outputs[start : start + _PIECE]
            place[...] = ops.convert_to_numpy(result)[: len(place)]
        return out


def _filled_up(piece):
    rest = _PIECE - len(piece)
    return np.pad(piece, [(0, rest), (0, 0)]) if rest else piece
