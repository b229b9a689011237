"""Several slots kept in one array, so that a pixel is one slice."""

from keras import ops


class Packing:
    """Slots side by side in one array for each dtype, always in one order.

    Args:
        slots: Iterable of Slot; each is kept once.
    """

    def __init__(self, slots):
        self._groups = {}
        for slot in dict.fromkeys(slots):
            self._groups.setdefault(slot.dtype, []).append(slot)

    def zeros(self, *shape):
        """Arrays `(*shape, channels)`, one for each dtype."""
        return tuple(
            ops.zeros((*shape, sum(s.channels for s in slots)), dtype)
            for dtype, slots in self._groups.items()
        )

    def pack(self, values):
        return tuple(
            ops.concatenate([ops.cast(values[s], dtype) for s in slots], -1)
            for dtype, slots in self._groups.items()
        )

    def unpack(self, arrays):
        values = {}
        for array, slots in zip(arrays, self._groups.values()):
            start = 0
            for slot in slots:
                values[slot] = array[..., start : start + slot.channels]
                start += slot.channels
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
