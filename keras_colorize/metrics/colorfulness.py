"""Colorfulness."""

import keras
from keras import ops

from keras_colorize.metrics.mean_over_images import MeanOverPictures
from keras_colorize.metrics.samples import to_samples


@keras.saving.register_keras_serializable(package="keras_colorize")
class Colorfulness(MeanOverPictures):
    """Mean colorfulness of images (Hasler and Suesstrunk 2003, M^(3)).

    sqrt(var(rg) + var(yb)) + 0.3 sqrt(mean(rg)^2 + mean(yb)^2) over the pixels
    of an image, with rg = R - G and yb = (R + G) / 2 - B for sRGB values in
    [0, 255]. 0 for gray; the authors call 15 slightly, 33 moderately, 59 quite
    and 109 extremely colorful. Compare with the originals: nearer is better.
    An image with several colorings has the mean of their values.
    """

    def values(self, images):
        """The colorfulness of each image, `(B,)`."""
        return ops.mean(colorfulness(to_samples(images)), axis=1)


def colorfulness(images):
    """The colorfulness `(...)` of images `(..., H, W, 3)` in [0, 1]."""
    red, green, blue = (255.0 * images[..., i] for i in range(3))
    opponents = ops.stack([red - green, (red + green) / 2.0 - blue], axis=-1)
    variances = ops.var(opponents, axis=(-3, -2))
    squares = ops.square(ops.mean(opponents, axis=(-3, -2)))
    return ops.sqrt(ops.sum(variances, -1)) + 0.3 * ops.sqrt(
        ops.sum(squares, -1)
    )
