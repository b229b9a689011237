"""Colors photographs: reads, draws and renders them."""

import dataclasses

import keras
import numpy as np

from keras_colorize.generation.best import keep_best
from keras_colorize.generation.drawing import draw
from keras_colorize.generation.photographs import hints_of
from keras_colorize.generation.photographs import photographs_of
from keras_colorize.generation.reference import reference_histogram
from keras_colorize.generation.rendering import render


def generate(model, images, request, verbose, progress):
    """See `Colorizer.generate`.

    Args:
        model: `Colorizer`.
        images: Photographs.
        request: `Request`.
        verbose: `"auto"`, 0 or 1.
        progress: Function of (rows done, rows in all), or None.
    """
    request = request.check(model)
    progress = progress or _progress_bar(verbose)
    photographs, kind = photographs_of(images)
    hints = hints_of(request.hints, photographs, kind)
    if request.like is not None:
        like = reference_histogram(model, request.like)
        request = dataclasses.replace(request, like=like)
    results = [
        (
            render(model, photograph, request),
            photograph.log_likelihood,
            photograph.chroma,
        )
        for photograph in _draw(model, photographs, hints, request, progress)
    ]
    wanted = (True, request.return_log_likelihood, request.return_chroma)
    columns = [
        _together(column, kind)
        for column, is_wanted in zip(zip(*results), wanted)
        if is_wanted
    ]
    return columns[0] if len(columns) == 1 else tuple(columns)


def _draw(model, photographs, hints, request, progress):
    """Yields a `DrawnPhotograph` of `num_samples` colorings for each."""
    drawn = draw(model, photographs, hints, request.of_draws(), progress)
    for photograph in drawn:
        if request.best_of is not None:
            keep_best(model, photograph, request)
        yield photograph


def _together(items, kind):
    if kind == "one":
        return items[0]
    # In a list, pixels and chroma differ in shape, log-likelihoods do not.
    if kind == "batch" or items[0].ndim == 1:
        return np.stack(items)
    return list(items)


def _progress_bar(verbose):
    """A function of (rows done, rows in all) that shows a bar, or None."""
    if verbose not in ("auto", 0, 1):
        raise ValueError(f"verbose is {verbose!r}. Expected 'auto', 0 or 1.")
    if not verbose:
        return None
    bar = keras.utils.Progbar(None, unit_name="row")

    def show(done, total):
        bar.target = total
        bar.update(done, finalize=done == total)

    return show
