"""How long the tests of this folder take."""

import contextlib
import os
import resource
import time

import hypothesis


def budget(examples):
    """The settings of a test of some examples, times `FUZZ_TIMES`."""
    return hypothesis.settings(
        max_examples=int(examples * float(os.environ.get("FUZZ_TIMES", 1))),
        deadline=None,  # See `bounded`.
        print_blob=True,
        # Shrinking a long example takes longer than finding it.
        suppress_health_check=list(hypothesis.HealthCheck),
    )


@contextlib.contextmanager
def bounded(seconds, megabytes):
    """Limits the processor time and the new memory of a block."""
    start = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.process_time() - start < seconds
    # In kilobytes, the most memory that the process ever had.
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 1000 * megabytes
