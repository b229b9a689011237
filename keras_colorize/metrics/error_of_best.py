"""Error of the best of several colorings."""

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.mean_over_images import MeanOverPairs
from keras_colorize.metrics.samples import check_choice
from keras_colorize.metrics.samples import to_pair


@keras.saving.register_keras_serializable(package="keras_colorize")
class ErrorOfBest(MeanOverPairs):
    """Error of the coloring that is nearest to the original.

    The smallest error among the first k colorings of an image, then the mean
    over images. The error is taken over pixels and channels of a / 128 and
    b / 128 of CIE Lab; 0 is best. Deshpande et al. (2017, section 7.3 and
    Figure 5) plot this error against the variance of the colorings (see
    `SampleVariance`): good colorings are diverse, and one of them is near the
    original. Figure 5 has no printed numbers.

    Args:
        k: int or None. The number of colorings to choose from; None for all.
        error: str. `"root_mean_square"`, or `"absolute"`: the mean absolute
            error, as in Deshpande et al. (2017, section 7.2 and Table 1).
        **kwargs: `name` and `dtype`; see `MeanOverImages`.
    """

    def __init__(self, k=None, error="root_mean_square", **kwargs):
        super().__init__(**kwargs)
        if k is not None and k < 1:
            raise ValueError(f"k is {k}. Expected at least 1, or None.")
        check_choice("error", error, ("root_mean_square", "absolute"))
        self.k = k
        self.error = error

    def values(self, y_true, y_pred):
        """The error of each image's best coloring, `(B,)`."""
        return ops.min(self.errors(y_true, y_pred), axis=1)

    def errors(self, y_true, y_pred):
        """The error of each of the first k colorings, `(B, k)`."""
        originals, samples = to_pair(y_true, y_pred)
        if self.k is not None and samples.shape[1] < self.k:
            raise ValueError(
                f"k is {self.k}, and colorings have shape "
                f"{tuple(y_pred.shape)}. Expected k colorings of each image."
            )
        samples = samples[:, : self.k]
        error = ops.subtract(rgb_to_lab(samples), rgb_to_lab(originals))
        error = error[..., 1:] / 128.0
        if self.error == "absolute":
            return ops.mean(ops.absolute(error), axis=(2, 3, 4))
        return ops.sqrt(ops.mean(ops.square(error), axis=(2, 3, 4)))

    def get_config(self):
        return {**super().get_config(), "k": self.k, "error": self.error}
