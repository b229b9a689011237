"""Samples in groups of one size, so that one program draws every sample."""

from keras import ops

# What papers show of a photograph; on a CPU more gain little together.
_ON_CPU = 5
# On an accelerator the steps of a pixel take as long for many as for one.
_ON_ACCELERATOR = 32


def lane_count():
    """How many samples one program draws, on the device that Keras uses."""
    device = str(ops.zeros(()).device).lower()
    return _ON_CPU if "cpu" in device else _ON_ACCELERATOR


def lanes(num_samples):
    """Divides the samples of a photograph into groups of `lane_count()`.

    The last group is filled up. Sample k always takes lane k % lane_count() of
    a program of one shape, and no lane sees another: so it comes out the same,
    bit for bit, however many are drawn. Programs of other shapes, and other
    lanes of one program, round in other ways.

    Args:
        num_samples: int. At least 1.

    Returns:
        A list of ranges of samples, each of length `lane_count()`.
    """
    count = lane_count()
    starts = range(0, num_samples, count)
    return [range(start, start + count) for start in starts]
