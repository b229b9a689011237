"""Colorizers that give each pixel histograms of its color."""

from keras_colorize.color import resize
from keras_colorize.color.pixels import to_float
from keras_colorize.models.colorizer import Colorizer


class HistogramColorizer(Colorizer):
    """Base class of colorizers that give each pixel histograms of its color.

    A subclass has a `head` (see `hypercolumn.heads.Histograms`), and `encode`
    returns the logits. A head without `names` has no histograms.
    """

    def histogram_of(self, rgb):
        if not self.head.names:
            return super().histogram_of(rgb)
        # Of pixels as large as those of the model, or as the image has them.
        grid = self.grid_of(*rgb.shape[:2])
        rgb = resize(to_float(rgb), *map(min, grid, rgb.shape[:2]))
        return self.head.histogram(self.color_space.split(rgb)[1])

    def uncertainty_of(self, context):
        return self.head.uncertainty(context)
