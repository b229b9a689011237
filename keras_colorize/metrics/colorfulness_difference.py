"""The difference in colorfulness of colorings and originals."""

import keras
from keras import ops

from keras_colorize.metrics.colorfulness import colorfulness
from keras_colorize.metrics.mean_over_images import MeanOverPairs
from keras_colorize.metrics.samples import to_pair


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorfulnessDifference(MeanOverPairs):
    """Difference in `Colorfulness` C between colorings and originals.

    0 is best. An image with several colorings has the mean of their
    differences.

    Args:
        of_means: bool. False: the mean of |C(coloring) - C(original)|, the
            distance of each coloring from its own original. True: the mean of
            C over colorings minus the mean of C over originals, above 0 if the
            colorings together are too colorful and below 0 if they are too
            gray.
        **kwargs: `name` and `dtype`; see `MeanOverImages`.
    """

    def __init__(self, of_means=False, **kwargs):
        super().__init__(**kwargs)
        self.of_means = of_means

    def values(self, y_true, y_pred):
        """The difference of each image, `(B,)`."""
        originals, samples = to_pair(y_true, y_pred)
        difference = ops.subtract(
            colorfulness(samples), colorfulness(originals)
        )
        if not self.of_means:
            difference = ops.absolute(difference)
        return ops.mean(difference, axis=1)

    def get_config(self):
        return {**super().get_config(), "of_means": self.of_means}
