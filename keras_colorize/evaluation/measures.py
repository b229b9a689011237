"""The measures of colorings.

`MEASURES` holds one function for each measure. The function takes `Colorings`
and returns a `Number`, or None if it cannot measure these colorings.
"""

import functools
import math

import numpy as np
from keras import ops

from keras_colorize import metrics
from keras_colorize.color import lab_to_rgb
from keras_colorize.color import luminance
from keras_colorize.evaluation.classifier import BLOCK
from keras_colorize.evaluation.classifier import kernel_distances
from keras_colorize.evaluation.report import Number
from keras_colorize.evaluation.report import result_of
from keras_colorize.images import contact_sheet
from keras_colorize.metrics.diversity import WINDOW

# Pixels in one step: 16 images of 64x64 with 5 colorings each.
_STEP = 16 * 5 * 64 * 64


class Colorings:
    """Originals with their colorings, and values that measures and plots share.

    Each value is computed once, when it is first needed.

    Args:
        originals: uint8 array (N, H, W, 3).
        samples: uint8 array (N, K, H, W, 3).
        classifier: `Classifier` or None.
    """

    def __init__(self, originals, samples, classifier=None):
        self.originals = originals
        self.samples = samples
        self.num_samples = samples.shape[1]
        self.classifier = classifier

    @functools.cached_property
    def gray(self):
        """Gray pictures with the luminance of the originals."""
        return gray_of(self.originals)

    @functools.cached_property
    def mean_gray(self):
        """Gray pictures as Larsson et al. (2016) make them: (R + G + B) / 3."""
        mean = np.rint(self.originals.mean(-1, keepdims=True)).astype("uint8")
        return np.broadcast_to(mean, self.originals.shape)

    @functools.cached_property
    def histograms(self):
        """For "a" and "b", the `HistogramIntersection` of all colorings."""
        found = {c: metrics.HistogramIntersection(c) for c in ("a", "b")}
        for metric in found.values():
            measured(metric, self.originals, self.samples)
        return found

    @functools.cached_property
    def saturation(self):
        """The saturation of originals and of first colorings, (2, N)."""
        values = metrics.PerceptualSaturation().values
        pictures = (self.originals, self.samples[:, 0])
        return np.stack([_per_image(values, images) for images in pictures])

    @functools.cached_property
    def pairs(self):
        """The MS-SSIM of pairs of colorings of an image, (N, K (K - 1) / 2).

        None for one coloring of each image, and for images that are too small.
        """
        if self.num_samples < 2 or min(self.originals.shape[1:3]) < WINDOW:
            return None
        return _per_image(metrics.Diversity().pairs, self.samples)

    @functools.cached_property
    def errors_of_best(self):
        """The error of the best of the first k, for each k from 1: (K, N)."""
        errors = metrics.ErrorOfBest().errors
        errors = _per_image(errors, self.originals, self.samples)
        return np.minimum.accumulate(errors, axis=1).T

    @functools.cached_property
    def variance(self):
        """The variance of each image's colorings, (N,); None for one each."""
        if self.num_samples < 2:
            return None
        return _per_image(metrics.SampleVariance().values, self.samples)

    @functools.cached_property
    def seen(self):
        """What the classifier sees in originals, samples and gray pictures.

        By name, features (N, K, F) and most likely classes (N, K); K is 1 for
        originals and gray. None without a classifier.
        """
        if self.classifier is None:
            return None
        seen = {}
        for name in ("originals", "samples", "gray"):
            pictures = getattr(self, name)
            flat = pictures.reshape(-1, *pictures.shape[-3:])
            seen[name] = [
                array.reshape(len(pictures), -1, *array.shape[1:])
                for array in self.classifier.look(flat)
            ]
        return seen

    def best_of(self):
        """The error of the best of k, one dictionary for each k from 1."""
        names = ("k", "error_of_best", "standard_error")
        return [
            dict(zip(names, (k, *_mean(errors))))
            for k, errors in enumerate(self.errors_of_best, 1)
        ]

    def sheet(self, count=8, tile=512):
        """A contact sheet of the first images: gray, colorings, original.

        Args:
            count: int. The most images. Each image has a row.
            tile: int. The longest side of a picture, in pixels.
        """
        tiles = []
        for image, samples in zip(self.originals[:count], self.samples):
            tiles += [gray_of(image), *samples, image]
        return contact_sheet(tiles, self.num_samples + 2, tile)


def gray_of(images):
    """Gray pictures, R = G = B, with the luminance of uint8 images (..., 3)."""
    lightness = luminance(images)
    lab = ops.pad(lightness, [(0, 0)] * (images.ndim - 1) + [(0, 2)])
    gray = ops.convert_to_numpy(lab_to_rgb(lab))[..., 1:2]
    gray = np.floor(255 * gray + 0.5).astype("uint8")
    return np.broadcast_to(gray, images.shape)


def measured(metric, *arrays):
    """The value and the standard error of a metric on arrays (N, ...)."""
    for part in _parts(arrays):
        metric.update_state(*part)
    return result_of(metric)


def _per_image(function, *arrays):
    """The values (N, ...) of a function of arrays (N, ...)."""
    values = [function(*part) for part in _parts(arrays)]
    return np.concatenate([ops.convert_to_numpy(value) for value in values])


def _parts(arrays):
    pixels = max(math.prod(array.shape[1:-1]) for array in arrays)
    step = max(1, _STEP // pixels)
    for start in range(0, len(arrays[0]), step):
        yield [array[start : start + step] for array in arrays]


def _mean(values):
    """The mean of values (N, ...) and its standard error over images."""
    metric = metrics.MeanOverImages()
    metric.update_state(values.reshape(len(values), -1).mean(1))
    return result_of(metric)


_GRAYS = {"gray": "no color", "mean_gray": "no color, (R + G + B) / 3"}


def _comparison(title, metric, better="lower", grays=("gray",), **facts):
    """A measure of colorings against originals, with gray baselines.

    `metric` makes a metric of originals and colorings. `grays` names the gray
    pictures of `Colorings` to measure too.
    """

    def measure(colorings):
        def compared(name):
            pictures = getattr(colorings, name)
            return measured(metric(), colorings.originals, pictures)

        return Number(
            title,
            *compared("samples"),
            better=better,
            baselines={_GRAYS[name]: compared(name) for name in grays},
            **facts,
        )

    return measure


def _appearance(title, metric):
    """A measure of colorings by themselves, beside that of the originals."""

    def measure(colorings):
        reference, error = measured(metric(), colorings.originals)
        return Number(
            title,
            *measured(metric(), colorings.samples),
            better="closer to reference",
            reference=reference,
            reference_error=error,
        )

    return measure


def _intersection(channel):
    """The intersection of the histograms of a channel."""
    title = f"histogram intersection of {channel}"
    return lambda colorings: Number(
        title, *result_of(colorings.histograms[channel]), better="higher"
    )


def _of_several(title, values, better):
    """A measure with the values of an attribute of `Colorings`, or None."""

    def measure(colorings):
        found = getattr(colorings, values)
        if found is not None:
            return Number(title, *_mean(found), better=better)

    return measure


def _as_seen(title, values, fewest=1, **facts):
    """A measure of what a classifier sees, with a gray baseline, or None.

    `values` takes what the classifier sees in pictures and in originals: see
    `Colorings.seen`. `fewest` is the least number of images.
    """

    def measure(colorings):
        if colorings.seen is None or len(colorings.originals) < fewest:
            return None
        of_pictures, of_gray = (
            _mean(values(colorings.seen[name], colorings.seen["originals"]))
            for name in ("samples", "gray")
        )
        baselines = {_GRAYS["gray"]: of_gray}
        return Number(title, *of_pictures, baselines=baselines, **facts)

    return measure


def _class_agreement(pictures, originals):
    """Zhang et al. (2016) count true classes instead, which photos lack."""
    return 100.0 * (pictures[1] == originals[1])


def _kernel_distances(pictures, originals):
    features, references = pictures[0], originals[0][:, 0]
    distances = [
        kernel_distances(features[:, k], references)
        for k in range(features.shape[1])
    ]
    return 1000.0 * np.stack(distances, axis=1)


def _error_of_best(colorings):
    if colorings.num_samples < 2:
        return None
    title = f"error of the best of {colorings.num_samples}, chroma / 128"
    return _comparison(title, metrics.ErrorOfBest)(colorings)


MEASURES = {
    "rmse_alpha_beta": _comparison(
        "RMSE in alpha and beta, over all pixels", metrics.AlphaBetaRMSE
    ),
    "rmse_alpha_beta_mean": _comparison(
        "RMSE in alpha and beta, mean of images",
        functools.partial(metrics.AlphaBetaRMSE, "images"),
    ),
    "psnr": _comparison(
        "PSNR in RGB, mean of images",
        metrics.PSNR,
        better="higher",
        grays=("gray", "mean_gray"),
        unit="dB",
    ),
    "saturation": _appearance(
        "perceptual saturation", metrics.PerceptualSaturation
    ),
    "colorfulness": _appearance("colorfulness", metrics.Colorfulness),
    "colorfulness_mean_difference": _comparison(
        "colorfulness, mean of differences",
        metrics.ColorfulnessDifference,
        grays=(),
    ),
    "colorfulness_difference_of_means": _comparison(
        "colorfulness, difference of means",
        functools.partial(metrics.ColorfulnessDifference, of_means=True),
        better="closer to reference",
        grays=(),
        reference=0.0,
    ),
    "histogram_intersection_a": _intersection("a"),
    "histogram_intersection_b": _intersection("b"),
    "diversity": _of_several(
        "MS-SSIM between samples of an image", "pairs", better="lower"
    ),
    "error_of_best": _error_of_best,
    "sample_variance": _of_several(
        "variance between samples, chroma / 128", "variance", better="higher"
    ),
    "class_agreement": _as_seen(
        "most likely class is that of the original",
        _class_agreement,
        better="higher",
        unit="%",
    ),
    "kernel_distance": _as_seen(
        "kernel distance of features, KID x 1000",
        _kernel_distances,
        fewest=BLOCK,
        better="lower",
    ),
}
