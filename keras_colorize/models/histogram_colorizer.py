"""Colorizers that give each pixel histograms of its color."""

import numpy as np
from keras import ops

from keras_colorize.color import resize
from keras_colorize.color.pixels import to_float
from keras_colorize.generation.photographs import photographs_of
from keras_colorize.generation.rendering import Luminance
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

    def uncertainty(self, images):
        """Shows where the model does not know the color.

        The entropy of the histograms over the largest that they can have; of
        hue and chroma, this of the hue alone, times the expected chroma.

        Args:
            images: Photographs, as `generate` takes them.

        Returns:
            A float32 array `(H, W)` in [0, 1] for one photograph, `(N, H, W)`
            for a batch, and a list of `(H, W)` for a list.

        Raises:
            TypeError, ValueError: For images that `generate` refuses.
        """
        photographs, kind = photographs_of(images)
        maps = [self._uncertainty(photograph) for photograph in photographs]
        if kind == "list":
            return maps
        return maps[0] if kind == "one" else np.stack(maps)

    def _uncertainty(self, photograph):
        gray = self.gray_picture(Luminance(self.color_space, photograph))
        context = self.encode(self.color_space.normalize_luminance(gray))
        values = self.head.uncertainty(context)
        return ops.convert_to_numpy(self._enlarged(values, photograph))

    def _enlarged(self, values, photograph):
        """Values `(1, h, w)` of the grid at the photograph's pixels."""
        values = resize(values[..., None], *photograph.shape[:2])
        return values[0, ..., 0]
