"""Augmentation of luminance."""

import keras
from keras import ops

from keras_colorize.color import lab_to_rgb
from keras_colorize.color import rgb_to_lab
from keras_colorize.color.pixels import check_rgb


@keras.saving.register_keras_serializable(package="keras_colorize")
class RandomLuminance(keras.layers.Layer):
    """Augments the luminance of RGB images and keeps their chroma.

    Augmentation can make training images look like old photographs: grainy,
    faded, blurred. But most layers change the colors, too, which a colorizer
    shall learn. This layer applies them to the gray picture of each image. The
    result has the luminance of the changed gray picture, and a and b (CIE Lab)
    of the image. Colors that leave the sRGB gamut become less saturated
    (`lab_to_rgb`, `"desaturate"`).

    Any layers that keep the shape of images can be used, such as those of
    Keras and keras_cv:

    ```python
    old = keras_colorize.layers.RandomLuminance(
        [
            keras.layers.RandomContrast(0.5, value_range=(0, 1)),
            keras.layers.GaussianNoise(0.05),
        ],
        rate=[0.3, 0.1],
    )
    photos = photos.map(lambda images: old(images, training=True))
    ```

    In a `tf.data` pipeline the layer needs the tensorflow backend.

    Args:
        layers: list of Keras layers, applied in order, in training mode. Their
            inputs are float32 gray pictures `(batch, H, W, 3)`: three equal
            channels in [0, 1]. A `value_range` of theirs must be (0, 1). Their
            outputs are clipped to [0, 1].
        rate: float or list of floats. The probability that a layer is applied
            to an image: one for all layers, or one for each layer. An image to
            which no layer is applied is returned unchanged.
        seed: int or None. The seed of the choice of layers. The layers have
            seeds of their own.

    Call arguments:
        images: `(batch, H, W, 3)`, RGB in [0, 255]: uint8 or float.
        training: bool. Whether images are changed.

    Output shape: the shape of `images`, with the same dtype and range.

    Raises:
        ValueError: If a rate is outside [0, 1], if the number of rates differs
            from the number of layers, or if images have another shape.
    """

    def __init__(self, layers, rate=0.5, seed=None, **kwargs):
        # No autocast: bfloat16 has too few bits for images.
        super().__init__(autocast=False, **kwargs)
        self.layers = list(layers)
        self.rate = rate
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self._rates = (
            [rate] * len(self.layers)
            if isinstance(rate, (int, float))
            else list(rate)
        )
        if len(self._rates) != len(self.layers):
            raise ValueError(
                f"There are {len(self._rates)} rates for {len(self.layers)} "
                "layers. Expected one for each, or a single one for all."
            )
        if not all(0 <= rate <= 1 for rate in self._rates):
            raise ValueError(f"rate is {rate}. Expected 0 to 1.")

    def build(self, images_shape):
        pass

    def call(self, images, training=False):
        check_rgb(images)
        if not training or not self.layers:
            return images
        lab = rgb_to_lab(ops.cast(images, "float32") / 255.0)
        luminance, changed = self._changed(lab[..., :1])
        lab = ops.concatenate([luminance, lab[..., 1:]], axis=-1)
        rgb = 255.0 * lab_to_rgb(lab, gamut="desaturate")
        dtype = keras.utils.standardize_dtype(images.dtype)
        if "float" not in dtype:
            rgb = ops.round(rgb)
        return ops.where(changed, ops.cast(rgb, dtype), images)

    def _changed(self, luminance):
        """Applies the layers to luminance `(B, H, W, 1)`.

        Returns:
            The new luminance, and whether each image changed, `(B, 1, 1, 1)`.
        """
        zeros = ops.zeros_like(luminance)
        pictures = lab_to_rgb(ops.concatenate([luminance, zeros, zeros], -1))
        count = ops.shape(luminance)[0]
        chosen = keras.random.uniform(
            (len(self.layers), count, 1, 1, 1), seed=self.generator
        )
        rates = ops.reshape(ops.array(self._rates), (-1, 1, 1, 1, 1))
        chosen = chosen < rates
        for i, layer in enumerate(self.layers):
            made = ops.cast(layer(pictures, training=True), "float32")
            made = ops.clip(made, 0.0, 1.0)
            pictures = ops.where(chosen[i], made, pictures)
        return rgb_to_lab(pictures)[..., :1], ops.any(chosen, axis=0)

    def compute_output_shape(self, images_shape):
        return images_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            layers=[
                keras.saving.serialize_keras_object(layer)
                for layer in self.layers
            ],
            rate=self.rate,
            seed=self.seed,
        )
        return config

    @classmethod
    def from_config(cls, config):
        layers = map(
            keras.saving.deserialize_keras_object, config.pop("layers")
        )
        return cls(list(layers), **config)
