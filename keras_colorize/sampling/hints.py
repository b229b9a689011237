"""Pixels that are known before anything is drawn."""

from keras import ops


def no_hints(noise, channels):
    """Hints `(..., channels + 1)` that leave all pixels to be drawn."""
    return ops.zeros((*noise.shape[:-1], channels + 1))


def clamped(drawn, hints):
    """What is known where it is known, else what was drawn.

    Args:
        drawn: `(..., C)`.
        hints: `(..., C + 1)`. Values, and 1 where they are known, else 0.

    Returns:
        A tensor `(..., C)`.
    """
    values, known = hints[..., :-1], hints[..., -1:]
    return ops.where(known > 0.5, values, drawn)
