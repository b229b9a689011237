"""Noise for sampling, drawn outside every compiled function."""

import numpy as np


def uniform_noise(seed, photograph, sample, shape):
    """Uniform noise that depends on (seed, photograph, sample) alone.

    NumPy's counter-based Philox generator: the same on every backend, and
    independent of batch size, order and number of samples.

    Args:
        seed: int. Not negative.
        photograph: int. Index of the photograph in the call.
        sample: int. Index of the sample of that photograph.
        shape: tuple of ints.

    Returns:
        A float32 array in [0, 1).
    """
    sequence = np.random.SeedSequence((seed, photograph, sample))
    generator = np.random.Generator(np.random.Philox(sequence))
    return generator.random(shape, dtype="float32")
