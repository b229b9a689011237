"""Comparing colorings with their originals."""

import dataclasses

import numpy as np
from keras import ops

from keras_colorize import metrics
from keras_colorize.color import lab_to_rgb
from keras_colorize.color import luminance
from keras_colorize.evaluation.measures import measures_of_colorings
from keras_colorize.evaluation.number import finite

# Pixels of colorings in one step: 16 images of 64x64 in 5 colorings.
_STEP = 2**18 + 2**16
_SMALLEST_FOR_SSIM = 11


@dataclasses.dataclass
class ColorStatistics:
    """What the plots of a report show.

    Args:
        marginals: dict. For `"a"` and `"b"` an array (2, 256): the shares of
            pixels with a value in [-128, 128), of originals and colorings.
        saturation: Array (2, N). Of originals and of their first colorings.
        similarity: Array (N,) or None. Mean MS-SSIM of an image's colorings.
        errors_of_best: Array (K, N). Of the first k colorings of an image, for
            k from 1 on.
        variance: Array (N,) or None. Between the colorings of an image.
    """

    marginals: dict
    saturation: np.ndarray
    similarity: np.ndarray | None
    errors_of_best: np.ndarray
    variance: np.ndarray | None

    def best_of(self):
        """Error of the best of k, a list of dictionaries, for k from 1 on."""
        rows = []
        for k, values in enumerate(self.errors_of_best, 1):
            mean = metrics.MeanOverImages()
            mean.update_state(values)
            rows.append(
                {
                    "k": k,
                    "error_of_best": finite(mean.result()),
                    "standard_error": finite(mean.standard_error()),
                }
            )
        return rows


def color_numbers(originals, samples, progress):
    """Measures colorings.

    Args:
        originals: uint8 array (N, H, W, 3).
        samples: uint8 array (N, K, H, W, 3).
        progress: Function of (done, in all).

    Returns:
        A dictionary of `Number`, and `ColorStatistics`.
    """
    count, num_samples, height, width = samples.shape[:4]
    similar = num_samples > 1 and min(height, width) >= _SMALLEST_FOR_SSIM
    measures = measures_of_colorings(num_samples, similar)
    collected = []
    step = max(1, _STEP // (num_samples * height * width))
    for start in range(0, count, step):
        part = slice(start, start + step)
        views = {
            "originals": originals[part],
            "samples": samples[part],
            "gray": gray_of(originals[part]),
        }
        collected.append(_values(views, num_samples, similar))
        for measure in measures.values():
            measure.update(views | collected[-1])
        progress(min(start + step, count), count)
    values = {
        name: np.concatenate([part[name] for part in collected], axis=-1)
        for name in collected[0]
    }
    statistics = ColorStatistics(
        marginals={
            channel: ops.convert_to_numpy(
                measures[
                    f"histogram_intersection_{channel}"
                ].metric.histograms()
            )
            for channel in ("a", "b")
        },
        saturation=values["saturation"],
        errors_of_best=values["errors_of_best"],
        similarity=values.get("similarity"),
        variance=values.get("variance"),
    )
    numbers = {name: measure.number() for name, measure in measures.items()}
    return numbers, statistics


def _values(views, num_samples, similar):
    """Values of each image `(..., B)`, by name."""
    originals, samples = views["originals"], views["samples"]
    saturation = metrics.PerceptualSaturation()
    errors = metrics.ErrorOfBest().errors(originals, samples)
    errors = ops.convert_to_numpy(errors)
    values = {
        "saturation": [
            saturation.values(originals),
            saturation.values(samples[:, 0]),
        ],
        # Of the first coloring, of the first two, ...
        "errors_of_best": list(np.minimum.accumulate(errors, axis=1).T),
    }
    if similar:
        values["similarity"] = metrics.Diversity().values(samples)
    if num_samples > 1:
        values["variance"] = metrics.SampleVariance().values(samples)
    return {
        name: np.stack([ops.convert_to_numpy(v) for v in value])
        if isinstance(value, list)
        else ops.convert_to_numpy(value)
        for name, value in values.items()
    }


def gray_of(images):
    """Images without color: R = G = B of the same luminance L.

    Args:
        images: uint8 array (..., 3).

    Returns:
        A uint8 array of the same shape.
    """
    lightness = luminance(images)
    lab = ops.pad(lightness, [(0, 0)] * (images.ndim - 1) + [(0, 2)])
    gray = ops.convert_to_numpy(lab_to_rgb(lab))[..., 1:2]
    gray = np.floor(255 * gray + 0.5).astype("uint8")
    return np.broadcast_to(gray, images.shape)
