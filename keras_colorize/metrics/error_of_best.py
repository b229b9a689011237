"""Error of the best of several colorings."""

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.mean_over_pairs import MeanOverPairs
from keras_colorize.metrics.samples import to_pair


@keras.saving.register_keras_serializable(package="keras_colorize")
class ErrorOfBest(MeanOverPairs):
    """Error of the coloring that is nearest to the original, of k.

    The least, over an image's colorings, of the root mean square error in
    a / 128 and b / 128 of CIE Lab over pixels and channels; then the mean over
    images. Without unit, 0 is best. Deshpande et al. (2017, section 5 and
    Figure 5) plot it against the colorings' variance (`SampleVariance`), in
    chroma of this scale: good colorings are diverse, and one of them is near.

    Args:
        k: int or None. How many of the colorings to choose from, the first;
            all of them by default.
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(self, k=None, name="error_of_best", dtype=None):
        super().__init__(name=name, dtype=dtype)
        if k is not None and k < 1:
            raise ValueError(f"k is {k}. Expected at least 1, or None.")
        self.k = k

    def values(self, y_true, y_pred):
        """The error of each image's best coloring, `(B,)`."""
        return ops.min(self.errors(y_true, y_pred), axis=1)

    def errors(self, y_true, y_pred):
        """The error of each coloring to choose from, `(B, k)`."""
        originals, samples = to_pair(y_true, y_pred)
        if self.k is not None and samples.shape[1] < self.k:
            raise ValueError(
                f"k is {self.k}, and colorings have shape "
                f"{tuple(y_pred.shape)}. Expected at least k of each image."
            )
        error = ops.subtract(
            rgb_to_lab(samples[:, : self.k])[..., 1:],
            rgb_to_lab(originals)[..., 1:],
        )
        return ops.sqrt(ops.mean(ops.square(error / 128.0), axis=(2, 3, 4)))

    def get_config(self):
        return {**super().get_config(), "k": self.k}
