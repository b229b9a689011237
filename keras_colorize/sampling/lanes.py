"""Batches of one size, so that one program draws every sample."""


def lanes(items, size):
    """Divides what is to be drawn into batches that one program serves.

    The last batch is filled up with its last item again. Every sample then
    goes through the same program, and as no sample sees another, it comes
    out the same however many are drawn: bit for bit as far as the program
    treats every place of a batch alike. XLA does so in our tests; under torch
    vectors that do not fill a register are rounded in another way, and places
    differ in the last bits, as do programs of different batch sizes.

    Args:
        items: list.
        size: int. Items a batch.

    Yields:
        Each batch as it is, and filled up.
    """
    for start in range(0, len(items), size):
        batch = items[start : start + size]
        yield batch, batch + batch[-1:] * (size - len(batch))
