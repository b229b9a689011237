"""How much more or less colorful colorings are than their originals."""

import keras
from keras import ops

from keras_colorize.metrics.colorfulness import colorfulness
from keras_colorize.metrics.mean_over_images import MeanOverPairs
from keras_colorize.metrics.samples import to_pair


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorfulnessDifference(MeanOverPairs):
    """Difference in colorfulness between colorings and their originals.

    C is the colorfulness of Hasler and Suesstrunk (2003; see `Colorfulness`).
    0 is best. The value of an image with several colorings is the mean of
    their differences.

    Args:
        of_means: bool. False: the mean over images of
            |C(coloring) - C(original)|, how far each coloring is from its own
            original. True: the mean of C over colorings minus the mean of C
            over originals, how far all colorings together are too colorful
            (above 0) or too gray (below 0).
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
