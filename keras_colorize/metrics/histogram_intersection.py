"""Intersection of the histograms of chroma."""

import math

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.mean_over_images import error_of_mean
from keras_colorize.metrics.samples import check_choice
from keras_colorize.metrics.samples import to_pair

CHANNELS = ("a", "b")


@keras.saving.register_keras_serializable(package="keras_colorize")
class HistogramIntersection(keras.metrics.Metric):
    """Histogram intersection of a or b between colorings and originals.

    sum over bins of min(p, q), the intersection of Swain and Ballard (1991). p
    is the share of all originals' pixels whose a (or b) of CIE Lab falls into
    the bin, and q is the share of all colorings' pixels. PixColor (Guadarrama
    et al. 2017, Figure 7) does not print its bins: do not compare with its
    values. In [0, 1]: 1 if the histograms are the same. Every image counts the
    same. Few images do not fill the bins: compare only values of equally many
    images.

    `standard_error()` is over images (delta method: each bin contributes the
    smaller of its two shares). If the histograms hardly differ, it is too
    large.

    Args:
        channel: str. `"a"` or `"b"`.
        num_bins: int. Number of equal bins in [-128, 128).
        name: str.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(
        self, channel, num_bins=256, name="histogram_intersection", dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        check_choice("channel", channel, CHANNELS)
        self.channel = channel
        self.num_bins = num_bins
        both, add = 2 * num_bins, self.add_variable
        self.weight = add((), "zeros", self.dtype, name="weight")
        self.sums = add((both,), "zeros", self.dtype, name="sums")
        self.products = add((both, both), "zeros", self.dtype, name="products")

    def values(self, y_true, y_pred):
        """The histograms of each image and of its colorings.

        A tensor `(B, 2, num_bins)`; each histogram sums to 1.
        """
        pair = to_pair(y_true, y_pred)
        return ops.stack([self._histograms(images) for images in pair], axis=1)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds images with all their colorings; see `PSNR.update_state`."""
        shares = ops.cast(self.values(y_true, y_pred), self.dtype)
        shares = ops.reshape(shares, (-1, 2 * self.num_bins))
        weights = ops.ones_like(shares[:, 0])
        if sample_weight is not None:
            weights = ops.cast(sample_weight, self.dtype)
        weighted = ops.expand_dims(weights, 1) * shares
        self.weight.assign(self.weight + ops.sum(weights))
        self.sums.assign(self.sums + ops.sum(weighted, axis=0))
        products = ops.matmul(ops.transpose(shares), weighted)
        self.products.assign(self.products + products)

    def result(self):
        """The intersection, a scalar tensor; 0 if there are no images."""
        return ops.sum(ops.min(self.histograms(), axis=0))

    def histograms(self):
        """The histograms of originals and colorings, `(2, num_bins)`."""
        means = self.sums / ops.maximum(self.weight, 1.0)
        return ops.reshape(means, (2, self.num_bins))

    def standard_error(self):
        """The standard error, a scalar tensor; NaN for one image."""
        p, q = self.sums[: self.num_bins], self.sums[self.num_bins :]
        smaller = ops.cast(p < q, self.dtype)
        chosen = ops.concatenate([smaller, 1.0 - smaller])
        # The sum and the sum of squares of each image's contribution.
        total = ops.sum(chosen * self.sums)
        squares = ops.sum(chosen * ops.sum(self.products * chosen, axis=1))
        deviations = squares - ops.square(total) / self.weight
        return error_of_mean(ops.maximum(deviations, 0.0), self.weight)

    def _histograms(self, samples):
        """The histograms `(B, num_bins)` of samples `(B, K, H, W, 3)`."""
        values = rgb_to_lab(samples)[..., 1 + CHANNELS.index(self.channel)]
        count, pixels = ops.shape(values)[0], math.prod(values.shape[1:])
        values = ops.reshape(values, (-1, pixels))
        bins = ops.floor((values + 128.0) * (self.num_bins / 256.0))
        bins = ops.cast(ops.clip(bins, 0, self.num_bins - 1), "int32")
        first = ops.arange(count, dtype="int32") * self.num_bins
        bins = ops.reshape(bins + ops.expand_dims(first, 1), (-1,))
        share = ops.full(ops.shape(bins), 1.0 / pixels, "float32")
        found = ops.segment_sum(share, bins, count * self.num_bins)
        return ops.reshape(found, (count, self.num_bins))

    def get_config(self):
        config = {"channel": self.channel, "num_bins": self.num_bins}
        return {**super().get_config(), **config}
