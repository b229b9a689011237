"""Absolute error of chroma."""

import keras
import numpy as np
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.color.cic_bins import RARITIES
from keras_colorize.color.cic_bins import color_weights
from keras_colorize.metrics.mean_over_images import MeanOverPairs
from keras_colorize.metrics.samples import check_choice
from keras_colorize.metrics.samples import to_pair


@keras.saving.register_keras_serializable(package="keras_colorize")
class AbsoluteError(MeanOverPairs):
    """Mean absolute error of a / 128 and b / 128 (Deshpande et al. 2017).

    The mean over pixels and channels of CIE Lab, then over images; 0 is best.
    An image with several colorings has the mean of their errors.

    Table 1 of the paper has this error on all pixels and on a grid, Table 2
    the error weighted by the rarity of the original's color. The paper says
    neither the unit of chroma, nor the scale of the weights, nor the spacing
    of the grid, so compare with its numbers only roughly. It measures fields
    that a VAE has encoded and decoded, not colorings.

    Args:
        rarity: str or None. The weights of errors: `"smoothed"`, with the
            mean 1 over the colors of ImageNet; `"prior"`, 1 / p, as the
            authors' program weights losses (see
            `keras_colorize.color.cic_bins`); or None for equal weights.
        grid: int or None. The error is taken at `grid` x `grid` points of the
            central half of the height and width, each in the middle of its
            cell. The paper's grid has 8. None takes all pixels.
        **kwargs: `name` and `dtype`; see `MeanOverImages`.
    """

    def __init__(self, rarity=None, grid=None, **kwargs):
        super().__init__(**kwargs)
        check_choice("rarity", rarity, (None, *RARITIES))
        if grid is not None and grid < 1:
            raise ValueError(f"grid is {grid}. Expected at least 1, or None.")
        self.rarity = rarity
        self.grid = grid

    def values(self, y_true, y_pred):
        """The error of each image, `(B,)`."""
        originals, samples = (
            rgb_to_lab(self._points(images))[..., 1:]
            for images in to_pair(y_true, y_pred)
        )
        error = ops.abs(ops.subtract(samples, originals)) / 128.0
        if self.rarity is not None:
            weights = color_weights(originals, self.rarity)
            error = error * ops.expand_dims(weights, -1)
        return ops.mean(error, axis=(1, 2, 3, 4))

    def _points(self, images):
        """The pixels of the grid, of images `(B, K, H, W, 3)`."""
        if self.grid is None:
            return images
        for axis in (2, 3):
            places = 0.25 + 0.5 * (np.arange(self.grid) + 0.5) / self.grid
            indices = np.floor(places * images.shape[axis]).astype("int32")
            images = ops.take(images, indices, axis=axis)
        return images

    def get_config(self):
        return {
            **super().get_config(),
            "rarity": self.rarity,
            "grid": self.grid,
        }
