"""The best of several colorings of a photograph."""

import numpy as np
from keras import ops

from keras_colorize.color import resize
from keras_colorize.metrics.colorfulness import colorfulness


def keep_best(model, photograph, request):
    """Keeps the `num_samples` best colorings, the best one first.

    Args:
        model: `Colorizer`.
        photograph: `DrawnPhotograph` of `best_of` colorings. It is changed.
        request: `Request`.
    """
    if request.best_by == "likelihood":
        scores = photograph.log_likelihood
    else:
        scores = _colorfulness(model, photograph, request.gamut)
    best = np.argsort(-scores, kind="stable")[: request.num_samples]
    photograph.chroma = photograph.chroma[best]
    if photograph.log_likelihood is not None:
        photograph.log_likelihood = photograph.log_likelihood[best]


def _colorfulness(model, photograph, gamut):
    """The colorfulness of each coloring on the model's grid."""
    chroma = photograph.chroma
    luminance = resize(photograph.luminance[None], *chroma.shape[1:3])
    luminance = ops.repeat(luminance, len(chroma), axis=0)
    rgb = model.color_space.join(luminance, chroma, gamut)
    return ops.convert_to_numpy(colorfulness(rgb))
