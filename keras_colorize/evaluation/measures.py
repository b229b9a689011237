"""The measures of colorings that a report has."""

import dataclasses

import keras

from keras_colorize import metrics
from keras_colorize.evaluation.number import Number
from keras_colorize.evaluation.number import finite

_BOTH = ("originals", "samples")
_GRAY = ("originals", "gray")
_ORIGINALS = ("originals",)


@dataclasses.dataclass
class Measure:
    """A metric, what it is applied to, and what stands beside it.

    Args:
        title: str. For people.
        unit: str.
        better: str. As in `Number`.
        metric: Keras metric.
        inputs: tuple of str. Names of what it takes.
        beside: tuple of str. What it takes for the number beside: the
            originals' or, if gray pictures are among it, the baseline's; empty
            for none.
        reference: float or None. The originals', where it is known.
    """

    title: str
    unit: str
    better: str
    metric: keras.metrics.Metric
    inputs: tuple
    beside: tuple = ()
    reference: float | None = None

    def __post_init__(self):
        config = self.metric.get_config()
        self._other = type(self.metric).from_config(config)

    def update(self, views):
        """Adds images: a dictionary of arrays by the names of `inputs`."""
        self.metric.update_state(*[views[name] for name in self.inputs])
        if self.beside:
            self._other.update_state(*[views[name] for name in self.beside])

    def number(self):
        """The `Number` of all images so far."""
        reference, reference_error, baselines = self.reference, None, {}
        if self.beside:
            other = finite(self._other.result())
            error = finite(self._other.standard_error())
            if "gray" in self.beside:
                baselines["no color"] = (other, error)
            else:
                reference, reference_error = other, error
        return Number(
            title=self.title,
            value=finite(self.metric.result()),
            standard_error=finite(self.metric.standard_error()),
            unit=self.unit,
            better=self.better,
            reference=reference,
            reference_error=reference_error,
            baselines=baselines,
        )


def measures_of_colorings(num_samples, similarity):
    """The measures of colorings, by their names in a report.

    Args:
        num_samples: int. Colorings of each image.
        similarity: bool. Whether their MS-SSIM is measured.

    Returns:
        A dictionary of `Measure`. They take `"originals"`, `"samples"` and
        `"gray"`, and of each image `"similarity"` and `"variance"`.
    """
    measures = {
        "rmse_alpha_beta": Measure(
            "RMSE in alpha and beta, over all pixels",
            "",
            "lower",
            metrics.AlphaBetaRMSE(),
            _BOTH,
            _GRAY,
        ),
        "rmse_alpha_beta_mean": Measure(
            "RMSE in alpha and beta, mean of images",
            "",
            "lower",
            metrics.AlphaBetaRMSE("images"),
            _BOTH,
            _GRAY,
        ),
        "psnr": Measure(
            "PSNR in RGB, mean of images",
            "dB",
            "higher",
            metrics.PSNR(),
            _BOTH,
            _GRAY,
        ),
        "saturation": Measure(
            "perceptual saturation",
            "",
            "closer to reference",
            metrics.PerceptualSaturation(),
            ("samples",),
            _ORIGINALS,
        ),
        "colorfulness": Measure(
            "colorfulness",
            "",
            "closer to reference",
            metrics.Colorfulness(),
            ("samples",),
            _ORIGINALS,
        ),
        "colorfulness_mean_difference": Measure(
            "colorfulness, mean of differences",
            "",
            "lower",
            metrics.ColorfulnessDifference(),
            _BOTH,
        ),
        "colorfulness_difference_of_means": Measure(
            "colorfulness, difference of means",
            "",
            "closer to reference",
            metrics.ColorfulnessDifference(of_means=True),
            _BOTH,
            reference=0.0,
        ),
    }
    for channel in ("a", "b"):
        measures[f"histogram_intersection_{channel}"] = Measure(
            f"histogram intersection of {channel}",
            "",
            "higher",
            metrics.HistogramIntersection(channel),
            _BOTH,
        )
    if similarity:
        measures["diversity"] = Measure(
            "MS-SSIM between samples of an image",
            "",
            "lower",
            metrics.MeanOverImages(),
            ("similarity",),
        )
    if num_samples > 1:
        measures["error_of_best"] = Measure(
            f"error of the best of {num_samples}, chroma / 128",
            "",
            "lower",
            metrics.ErrorOfBest(),
            _BOTH,
            _GRAY,
        )
        measures["sample_variance"] = Measure(
            "variance between samples, chroma / 128",
            "",
            "higher",
            metrics.MeanOverImages(),
            ("variance",),
        )
    return measures
