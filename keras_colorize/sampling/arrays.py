"""Arrays of pixels in the loops of the samplers."""

from keras import ops


def nothing_known(like, channels):
    """Hints `(..., channels + 1)` that leave every pixel to be drawn.

    Args:
        like: Tensor `(..., any)` of the pixels.
        channels: int. Channels of a drawn pixel.
    """
    return ops.zeros((*like.shape[:-1], channels + 1))


def keep_known(drawn, hints):
    """Replaces drawn values by known values.

    Args:
        drawn: `(..., C)`.
        hints: `(..., C + 1)`. Values, and 1 where they are known, else 0.

    Returns:
        A tensor `(..., C)`.
    """
    values, known = hints[..., :-1], hints[..., -1:]
    return ops.where(known > 0.5, values, drawn)


class Packing:
    """Concatenates the values of features into one array per dtype.

    Args:
        features: Iterable of Feature. Repeated features are kept once.
    """

    def __init__(self, features):
        self._groups = {}
        for feature in dict.fromkeys(features):
            self._groups.setdefault(feature.dtype, []).append(feature)

    def zeros(self, *shape):
        """Arrays `(*shape, channels)`, one for each dtype."""
        return tuple(
            ops.zeros((*shape, sum(f.channels for f in features)), dtype)
            for dtype, features in self._groups.items()
        )

    def pack(self, values):
        """The arrays, from a dictionary of values by feature."""
        return tuple(
            ops.concatenate([ops.cast(values[f], dtype) for f in features], -1)
            for dtype, features in self._groups.items()
        )

    def unpack(self, arrays):
        """The inverse of `pack`."""
        values = {}
        for array, features in zip(arrays, self._groups.values()):
            start = 0
            for feature in features:
                values[feature] = array[..., start : start + feature.channels]
                start += feature.channels
        return values


def at(array, index):
    """An array's entry at an index of its first axis."""
    start = (index,) + (0,) * (len(array.shape) - 1)
    entry = ops.slice(array, start, (1, *array.shape[1:]))
    return ops.reshape(entry, array.shape[1:])


def put(array, index, entry):
    """The array with a new entry at an index of its first axis."""
    start = (index,) + (0,) * (len(array.shape) - 1)
    return ops.slice_update(array, start, entry[None])
