"""Arrays of pixels inside the samplers' loops."""

from keras import ops


def nothing_known(like, channels):
    """Hints `(..., channels + 1)` that leave every pixel to be drawn.

    Args:
        like: Tensor `(..., any)` of the pixels.
        channels: int. Channels of a pixel.
    """
    return ops.zeros((*like.shape[:-1], channels + 1))


def keep_known(drawn, hints):
    """Replaces drawn pixels by known ones.

    Args:
        drawn: `(..., C)`.
        hints: `(..., C + 1)`. Values, and 1 where they are known, else 0.

    Returns:
        A tensor `(..., C)`.
    """
    values, known = hints[..., :-1], hints[..., -1:]
    return ops.where(known > 0.5, values, drawn)


class Packing:
    """Features side by side in one array for each dtype, always in one order.

    Args:
        features: Iterable of Feature; each is kept once.
    """

    def __init__(self, features):
        self._groups = {}
        for feature in dict.fromkeys(features):
            self._groups.setdefault(feature.dtype, []).append(feature)

    def zeros(self, *shape):
        """Arrays `(*shape, channels)`, one for each dtype."""
        return tuple(
            ops.zeros((*shape, sum(s.channels for s in features)), dtype)
            for dtype, features in self._groups.items()
        )

    def pack(self, values):
        return tuple(
            ops.concatenate([ops.cast(values[s], dtype) for s in features], -1)
            for dtype, features in self._groups.items()
        )

    def unpack(self, arrays):
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
    """The array with another entry at an index of its first axis."""
    start = (index,) + (0,) * (len(array.shape) - 1)
    return ops.slice_update(array, start, entry[None])
