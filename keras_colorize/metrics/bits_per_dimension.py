"""Bits per dimension."""

import math

import keras
from keras import ops

from keras_colorize.metrics.mean_over_images import MeanOverImages
from keras_colorize.metrics.samples import check_choice

UNITS = {"bits": 1.0, "nats": math.log(2.0)}


@keras.saving.register_keras_serializable(package="keras_colorize")
class BitsPerDimension(MeanOverImages):
    """Bits per dimension of images: -log2 p(image) / dimensions.

    The mean over images; lower is better. Discrete distributions have at least
    0 bits, and the uniform distribution over 256 values has 8. Royer et al.
    (2017, section 4.1) and van den Oord et al. (2016, section 5.1) report
    likelihoods this way. Compare with Royer et al. only if chroma is every
    k-th pixel (`chroma_method="subsample"`), as theirs is: area means have
    fewer bits. `Colorizer.log_likelihood` gives log2 p.

    Args:
        dimensions: int. How many values of an image the model describes: for
            chroma, height times width times 2.
        unit: str. Unit of the log-likelihoods: `"bits"` or `"nats"`.
        **kwargs: `name` and `dtype`; see `MeanOverImages`.
    """

    def __init__(self, dimensions, unit="bits", **kwargs):
        super().__init__(**kwargs)
        if dimensions < 1:
            raise ValueError(
                f"dimensions is {dimensions}. Expected the number of values in "
                "an image, at least 1."
            )
        check_choice("unit", unit, tuple(UNITS))
        self.dimensions = dimensions
        self.unit = unit

    def values(self, log_likelihood):
        """Bits per dimension of each image, `(B,)`; see `update_state`."""
        log_likelihood = ops.cast(log_likelihood, self.dtype)
        pixels = tuple(range(1, len(log_likelihood.shape)))
        bits = ops.sum(log_likelihood, axis=pixels) / UNITS[self.unit]
        return -bits / self.dimensions

    def update_state(self, log_likelihood, sample_weight=None):
        """Adds images.

        Args:
            log_likelihood: `(B,)`, log p of each image; or `(B, ...)`, log p
                of its parts, such as pixels, which are summed.
            sample_weight: `(B,)` or None. How often each image counts.
        """
        super().update_state(self.values(log_likelihood), sample_weight)

    def get_config(self):
        config = super().get_config()
        return {**config, "dimensions": self.dimensions, "unit": self.unit}
