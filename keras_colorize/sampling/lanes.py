"""Batches of one size, in which a sample has the same bits in any company."""


def lanes(items, size):
    """Divides what is to be drawn into batches that one program serves.

    The last batch is filled up with its last item again. Every sample then
    goes through the same program, and as no sample sees another, it comes
    out the same bit for bit however many are drawn. (Programs of different
    batch sizes sum in different orders, and differ in the last bits.)

    Args:
        items: list.
        size: int. Items a batch.

    Yields:
        Each batch as it is, and filled up.
    """
    for start in range(0, len(items), size):
        batch = items[start : start + size]
        yield batch, batch + batch[-1:] * (size - len(batch))
