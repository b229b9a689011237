"""Means over originals and their colorings."""

from keras_colorize.metrics.mean_over_images import MeanOverImages


class MeanOverPairs(MeanOverImages):
    """The mean over images of what an original and its colorings give.

    Base class: a subclass's `values(y_true, y_pred)` gives one value an image,
    `(B,)`.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds images.

        Args:
            y_true: `(B, H, W, 3)`. The originals: uint8, uint16, or float in
                [0, 1].
            y_pred: `(B, H, W, 3)` or `(B, K, H, W, 3)`. One or K colorings of
                each.
            sample_weight: `(B,)` or None. How often each image counts.
        """
        super().update_state(self.values(y_true, y_pred), sample_weight)
