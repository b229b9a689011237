"""The colors of reference photographs."""

import numpy as np

from keras_colorize.generation.photographs import photographs_of


def color_histogram(model, images):
    """See `Colorizer.color_histogram`."""
    photographs, _ = photographs_of(images)
    for photograph in photographs:
        if photograph.shape[-1] != 3:
            raise ValueError(
                f"A reference photograph of shape {photograph.shape} is gray. "
                "Expected photographs in color: arrays (H, W, 3), PIL images "
                "or paths."
            )
    return np.mean([model.histogram_of(photo) for photo in photographs], axis=0)


def reference_histogram(model, like):
    """The histogram of the argument `like` of `Colorizer.generate`.

    Args:
        model: `Colorizer`.
        like: Photographs in color, or a histogram.

    Returns:
        An array of `model.histogram_shape` whose rows sum to 1.
    """
    if not isinstance(like, np.ndarray) or like.ndim != 2:
        return color_histogram(model, like)
    if like.shape != tuple(model.histogram_shape):
        raise ValueError(
            f"like has shape {like.shape}. Expected a photograph in color, or "
            f"a histogram of shape {tuple(model.histogram_shape)}, as "
            "`color_histogram` returns it."
        )
    sums = like.sum(axis=1, keepdims=True)
    # The comparisons are False for NaN as well.
    if not (np.all(like >= 0) and np.all((sums > 0) & (sums < np.inf))):
        raise ValueError(
            "like is a histogram with a negative or infinite number, or with a "
            "row of zeros. Expected numbers of at least 0 in each bin."
        )
    return like / sums
