"""Evaluating a colorizer on images."""

import time

import numpy as np

from keras_colorize.evaluation.colors import color_numbers
from keras_colorize.evaluation.colors import gray_of
from keras_colorize.evaluation.image_source import fitted
from keras_colorize.evaluation.likelihood import likelihood_numbers
from keras_colorize.evaluation.machine import machine
from keras_colorize.evaluation.machine import versions
from keras_colorize.evaluation.report import Report
from keras_colorize.generation import Request

_ON_SHEET = 8


def evaluate(
    model,
    images,
    num_samples=5,
    num_colored=None,
    seed=0,
    temperature=1.0,
    training_images=None,
    preset=None,
    data=None,
    progress=None,
):
    """Measures how well a model colors images, in every way of the field.

    Bits per dimension are of all images, on the model's grid: images of
    another size are cropped to the square in their middle and resized to it
    (Lanczos). Chroma is taken as the model takes it (`chroma_method`), not
    rounded to bins. The first `num_colored` images are colored at the size
    that they have, from their luminance alone, by `generate`, and compared
    with the originals there. Every number has its standard error over images;
    an image's samples are averaged first.

    Args:
        model: `Colorizer`.
        images: uint8 array (N, H, W, 3) that the model has not been trained on,
            in an order that means nothing.
        num_samples: int. Colorings of each image; with 1 there are no measures
            of diversity.
        num_colored: int or None. How many of the images to color; None for
            all.
        seed: int. Of the colorings.
        temperature: float or pair of floats. Of the colorings, as in
            `generate`; likelihoods are of the model's own distribution.
        training_images: uint8 array (M, H, W, 3) or None. Images whose chroma's
            histogram is a baseline of bits per dimension.
        preset: str or None. What the report calls the model.
        data: str or None. What it calls the images.
        progress: Function of (stage, done, in all), called as work is done, or
            None. Stages are `"likelihood"`, `"coloring"` and `"measuring"`.

    Returns:
        A `Report`.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    _check_images("images", images)
    if training_images is not None:
        _check_images("training_images", training_images)
    if num_colored is None:
        num_colored = len(images)
    if not 1 <= num_colored <= len(images):
        raise ValueError(
            f"num_colored is {num_colored}. Expected 1 to {len(images)}, the "
            "number of images, or None for all."
        )
    if num_samples < 1:
        raise ValueError(f"num_samples is {num_samples}. Expected at least 1.")
    Request(temperature=temperature).check(model)

    def progress_of(stage):
        def show(done, total):
            if progress is not None:
                progress(stage, done, total)

        return show

    started = time.monotonic()
    numbers = likelihood_numbers(
        model,
        _on_grid(images, model.image_size),
        None
        if training_images is None
        else _on_grid(training_images, model.image_size),
        progress_of("likelihood"),
    )
    scored = time.monotonic()
    originals = images[:num_colored]
    samples = model.generate(
        originals,
        num_samples=num_samples,
        seed=seed,
        temperature=temperature,
        verbose=0,
        progress=progress_of("coloring"),
    )
    colored = time.monotonic()
    of_colors, statistics = color_numbers(
        originals, samples, progress_of("measuring")
    )
    finished = time.monotonic()
    return Report(
        preset=preset or model.name,
        data=data or "images",
        images=len(images),
        images_colored=num_colored,
        num_samples=num_samples,
        seed=seed,
        protocol=_protocol(model, images, training_images, temperature),
        numbers=numbers | of_colors,
        seconds={
            "likelihood": round(scored - started, 1),
            "coloring": round(colored - scored, 1),
            "measuring": round(finished - colored, 1),
        },
        machine=machine(),
        versions=versions(),
        statistics=statistics,
        examples=_examples(originals, samples),
    )


def _check_images(name, images):
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        given = getattr(images, "dtype", type(images).__name__)
        raise TypeError(f"{name}: got {given}. Expected a uint8 array.")
    if images.ndim != 4 or images.shape[3] != 3 or 0 in images.shape:
        raise ValueError(
            f"{name} have shape {images.shape}. Expected RGB images, (N, "
            "height, width, 3)."
        )


def _on_grid(images, size):
    if images.shape[1:3] == (size, size):
        return images
    return np.stack([fitted(image, size) for image in images])


def _protocol(model, images, training_images, temperature):
    side, (height, width) = model.image_size, images.shape[1:3]
    chroma = side // model.chroma_factor
    grid = f"gray {side}x{side}, chroma {chroma}x{chroma}"
    if (height, width) != (side, side):
        grid += "; images cropped to the square in their middle and resized"
    histogram = "none"
    if training_images is not None:
        histogram = (
            f"{len(training_images):,} training images, joint over channels, "
            "one count more a bin"
        )
    return {
        "bits per dimension": f"{grid}; values of chroma not rounded to bins",
        "chroma_method": model.chroma_method,
        "colorings": f"at {height}x{width} (height x width), temperature "
        f"{temperature}, chroma enlarged along luminance edges",
        "standard errors": "over images, an image's samples averaged first",
        "no color": "gray pictures of the same luminance",
        "histogram of training images": histogram,
    }


def _examples(originals, samples):
    """Rows of gray, samples and original, for the first images."""
    rows = zip(originals[:_ON_SHEET], gray_of(originals[:_ON_SHEET]), samples)
    return [[gray, *drawn, image] for image, gray, drawn in rows]
