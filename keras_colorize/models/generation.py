"""The way of a photograph through a colorer."""

import math
import numbers
import random

import keras
import numpy as np

from keras_colorize.color.resample import UPSAMPLING
from keras_colorize.models.drawing import draw
from keras_colorize.models.hints import hints_of
from keras_colorize.models.photographs import photographs_of
from keras_colorize.models.rendering import LEVELS
from keras_colorize.models.rendering import chroma_offset
from keras_colorize.models.rendering import render
from keras_colorize.sampling import SAMPLERS


def generate(
    model,
    images,
    num_samples,
    temperature,
    seed,
    batch_size,
    upsampling,
    verbose,
    dtype,
    progress,
    sampler,
    hints,
    return_log_likelihood,
):
    """See `Colorizer.generate`."""
    _check_count("num_samples", num_samples)
    if batch_size is not None:
        _check_count("batch_size", batch_size)
    check_temperature(temperature, model.head.channels)
    if seed is None:
        # Python's generator, which `keras.utils.set_random_seed` seeds.
        seed = random.getrandbits(32)
    elif not isinstance(seed, numbers.Integral) or seed < 0:
        raise ValueError(
            f"seed is {seed!r}. Expected an integer of at least 0, or None."
        )
    if upsampling not in UPSAMPLING:
        raise ValueError(
            f"upsampling is {upsampling!r}. Expected one of {UPSAMPLING}."
        )
    if dtype not in LEVELS:
        raise ValueError(
            f"dtype is {dtype!r}. Expected one of {tuple(LEVELS)}."
        )
    if sampler not in SAMPLERS:
        raise ValueError(
            f"sampler is {sampler!r}. Expected one of {tuple(SAMPLERS)}."
        )
    sampler = model.sampler(sampler)
    photographs, kind = photographs_of(images)
    hints = hints_of(hints, photographs, kind)

    if progress is None:
        progress = _progress_bar(verbose)
    drawn = draw(
        model,
        sampler,
        photographs,
        hints,
        num_samples,
        temperature,
        seed,
        batch_size,
        progress,
        return_log_likelihood,
    )
    offset = chroma_offset(model)
    results, bits = [], []
    for photograph, hint, (chroma, scores) in zip(photographs, hints, drawn):
        results.append(
            render(photograph, chroma, upsampling, offset, dtype, hint)
        )
        bits.append(scores)
    if kind == "one":
        results, bits = results[0], bits[0]
    elif kind == "batch":
        results = np.stack(results)
    return (results, np.asarray(bits)) if return_log_likelihood else results


def _check_count(name, value):
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(
            f"{name} is {value!r}. Expected an integer of at least 1."
        )
    if value < 1:
        raise ValueError(f"{name} is {value}. Expected at least 1.")


def check_temperature(value, channels):
    """Refuses what is no temperature for a number of channels."""
    values = value if isinstance(value, (tuple, list)) else (value,)
    if not all(isinstance(x, numbers.Real) for x in values):
        raise TypeError(
            f"temperature is {value!r}. Expected a number, or one for each "
            f"of the {channels} channels of chroma."
        )
    if len(values) not in (1, channels):
        raise ValueError(
            f"temperature has {len(values)} numbers: {value!r}. Expected one, "
            f"or one for each of the {channels} channels of chroma."
        )
    if not all(0 <= x < math.inf for x in values):
        raise ValueError(
            f"temperature is {value!r}. Expected finite numbers of at least 0."
        )


def _progress_bar(verbose):
    """A function of (rows done, rows in all) that shows them, or None."""
    if verbose not in ("auto", 0, 1):
        raise ValueError(f"verbose is {verbose!r}. Expected 'auto', 0 or 1.")
    if not verbose:
        return None
    bar = keras.utils.Progbar(None, unit_name="row")

    def show(done, total):
        bar.target = total
        bar.update(done, finalize=done == total)

    return show
