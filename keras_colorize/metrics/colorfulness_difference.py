"""How much more or less colorful colorings are than their originals."""

import keras
from keras import ops

from keras_colorize.metrics.colorfulness import colorfulness
from keras_colorize.metrics.mean_over_pairs import MeanOverPairs
from keras_colorize.metrics.samples import to_pair


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorfulnessDifference(MeanOverPairs):
    """Difference in colorfulness between colorings and their originals.

    Colorfulness C is that of Hasler and Suesstrunk (2003; see
    `Colorfulness`). The mean of differences is the mean over images of
    |C(coloring) - C(original)|: how far a coloring is from its original. The
    difference of means is C's mean over colorings less that over originals:
    how far all of them together are, whichever image has which colors, above 0
    if they are too colorful. 0 is best for both. Those of several colorings
    of an image are averaged.

    Args:
        of_means: bool. Whether it is the difference of means, which keeps its
            sign, or the mean of differences, which do not.
        name: str or None.
        dtype: str or None. Keras's floatx by default.
    """

    def __init__(
        self, of_means=False, name="colorfulness_difference", dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        self.of_means = of_means

    def values(self, y_true, y_pred):
        """The difference of each image, `(B,)`; see `update_state`."""
        originals, samples = to_pair(y_true, y_pred)
        difference = ops.subtract(
            colorfulness(samples), colorfulness(originals)
        )
        if not self.of_means:
            difference = ops.absolute(difference)
        return ops.mean(difference, axis=1)

    def get_config(self):
        return {**super().get_config(), "of_means": self.of_means}
