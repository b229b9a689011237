"""Which training images have color."""

import numpy as np
from keras import ops

from keras_colorize.color import rgb_to_ycbcr
from keras_colorize.color.pixels import check_rgb
from keras_colorize.models import rgb_data

_BATCH = 256


class ColorfulnessFilter:
    """Finds the images that are colorful enough to train on.

    PixColor is trained on images above a "colorness threshold" of 0.05
    (Guadarrama et al. 2017, Table 2), which the paper does not define. Here
    colorfulness is the mean over pixels of

    ```
    sqrt((Cb - 128)^2 + (Cr - 128)^2) / 128
    ```

    0 for gray images. Of Tiny ImageNet, 11% of the images are below 0.05. Do
    not filter the images of an evaluation.

    Args:
        threshold: float. The least colorfulness, from 0 to 1.
        value_range: (0, 1) or (0, 255). See `RGBModel`.

    Call arguments:
        images: One image `(H, W, 3)` or images `(N, H, W, 3)`: uint8, uint16,
            or float in `value_range`.
        *labels: Ignored, so that `tf.data` can pass them.

    Returns:
        Whether the image, or each of the images `(N,)`, has at least this
        colorfulness: NumPy for NumPy, else a tensor. In a `tf.data` pipeline
        the filter needs the tensorflow backend.

    Example:

    ```python
    colorful = ColorfulnessFilter()
    images = images[colorful(images)]  # a NumPy array
    dataset = dataset.unbatch().filter(colorful).batch(64)  # tf.data
    ```
    """

    def __init__(self, threshold=0.05, value_range=(0, 1)):
        if not 0 <= threshold <= 1:
            raise ValueError(
                f"threshold is {threshold}. Expected 0 to 1: 0 keeps all "
                "images."
            )
        if tuple(value_range) not in rgb_data.VALUE_RANGES:
            raise ValueError(
                f"value_range is {value_range!r}. Expected (0, 1) or (0, 255)."
            )
        self.threshold = threshold
        self.value_range = tuple(value_range)

    def __call__(self, images, *labels):
        if len(images.shape) == 3:
            return self(images[None])[0]
        check_rgb(images)
        if not isinstance(images, np.ndarray):
            return self._are_colorful(images)
        rgb_data.check(images, self.value_range)
        return np.concatenate(
            [
                ops.convert_to_numpy(self._are_colorful(batch))
                for batch in rgb_data.batches(images, _BATCH)
            ]
        )

    def _are_colorful(self, images):
        images = rgb_data.to_unit_range(images, self.value_range)
        chroma = rgb_to_ycbcr(images)[..., 1:] - 128.0
        distance = ops.sqrt(ops.sum(ops.square(chroma), axis=-1)) / 128.0
        return ops.mean(distance, axis=(-2, -1)) >= self.threshold
