"""Samples in groups of one size, so that one program draws every sample."""

# What papers show of a photograph; on a CPU more gain little together.
LANES = 5


def lanes(num_samples):
    """Divides the samples of a photograph into groups of `LANES`.

    The last group is filled up. Sample k always takes lane k % LANES of a
    program of one shape, and no lane sees another: so it comes out the same,
    bit for bit, however many are drawn. Programs of other shapes, and other
    lanes of one program, round in other ways.

    Args:
        num_samples: int. At least 1.

    Returns:
        A list of ranges of samples, each of length `LANES`.
    """
    starts = range(0, num_samples, LANES)
    return [range(start, start + LANES) for start in starts]
