"""How much more or less colourful colourings are than their originals."""

import keras
from keras import ops

from keras_colorize.metrics.colourfulness import colourfulness
from keras_colorize.metrics.mean_over_images import MeanOverImages
from keras_colorize.metrics.samples import to_pair


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColourfulnessDifference(MeanOverImages):
    """Difference in colourfulness between colourings and their originals.

    Colourfulness C is that of Hasler and Suesstrunk (2003; see
    `Colourfulness`). The mean of differences is the mean over images of
    |C(colouring) - C(original)|: how far a colouring is from its original. The
    difference of means is C's mean over colourings less that over originals:
    how far all of them together are, whichever image has which colours, above 0
    if they are too colourful. 0 is best for both.

    Args:
        of_means: bool. Whether it is the difference of means, which keeps its
            sign, or the mean of differences, which do not.
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(
        self, of_means=False, name="colourfulness_difference", dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        self.of_means = of_means

    def values(self, y_true, y_pred):
        """The difference of each image, `(B,)`; see `update_state`."""
        originals, samples = to_pair(y_true, y_pred)
        difference = ops.subtract(
            colourfulness(samples), colourfulness(originals)
        )
        if not self.of_means:
            difference = ops.absolute(difference)
        return ops.mean(difference, axis=1)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds images.

        Args:
            y_true: `(B, H, W, 3)`. The originals: uint8, uint16, or float in
                [0, 1].
            y_pred: `(B, H, W, 3)` or `(B, K, H, W, 3)`. One or K colourings of
                each, whose differences are averaged.
            sample_weight: `(B,)` or None. How often each image counts.
        """
        super().update_state(self.values(y_true, y_pred), sample_weight)

    def get_config(self):
        return {**super().get_config(), "of_means": self.of_means}
