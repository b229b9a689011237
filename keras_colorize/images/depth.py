"""Samples of 8 bits, of 16 bits, and between."""

import numpy as np


def with_depth(samples, dtype):
    """Samples at another depth: white stays white, rounded to the nearest.

    Args:
        samples: uint8 or uint16 array.
        dtype: The depth wanted, uint8 or uint16.
    """
    if samples.dtype == dtype:
        return samples
    if dtype == np.uint16:
        return samples.astype(np.uint16) * np.uint16(257)
    # 65535 = 255 * 257, and + 128 makes the floor a rounding.
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def as_uint16(samples):
    """Integer samples as uint16, refused where they do not fit."""
    if samples.dtype == np.uint16:
        return samples
    if samples.dtype.kind not in "iu":
        raise ValueError(f"its samples are {samples.dtype}, not integers")
    if samples.min() < 0 or samples.max() > 65535:
        raise ValueError(
            f"its samples go from {samples.min()} to {samples.max()}, outside "
            "0 to 65535"
        )
    return samples.astype(np.uint16)
