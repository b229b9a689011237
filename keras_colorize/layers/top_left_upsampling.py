"""The bilinear upsampling of TensorFlow 1."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class TopLeftUpsampling2D(keras.layers.Layer):
    """Doubles rows and columns by linear interpolation from the top left.

    Output 2i is input i. Output 2i + 1 is the mean of inputs i and i + 1; the
    last input is repeated. TensorFlow 1's `resize_images` does so.
    `keras.layers.UpSampling2D` differs: it takes pixels at their centers.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, 2 * height, 2 * width, channels)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True

    def call(self, images):
        return _doubled(_doubled(images, axis=1), axis=2)

    def compute_output_shape(self, shape):
        height, width = (size and 2 * size for size in shape[1:3])
        return (shape[0], height, width, shape[3])


def _doubled(images, axis):
    before = (slice(None),) * axis
    following = ops.concatenate(
        [images[(*before, slice(1, None))], images[(*before, slice(-1, None))]],
        axis=axis,
    )
    pairs = ops.stack([images, 0.5 * (images + following)], axis=axis + 1)
    shape = list(ops.shape(images))
    shape[axis] = 2 * shape[axis]
    return ops.reshape(pairs, shape)
