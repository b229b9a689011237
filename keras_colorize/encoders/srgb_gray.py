"""The sRGB gray value of a luminance, which pretrained networks expect."""

import keras
from keras import layers
from keras import ops

from keras_colorize.color import lab_to_rgb

GRAYS = ("lab", "srgb")


@keras.saving.register_keras_serializable(package="keras_colorize")
class SRGBGray(layers.Layer):
    """Turns normalized gray into the gray value of sRGB in [-1, 1].

    Networks pretrained on photographs saw gamma-coded sRGB values. L of Lab is
    coded otherwise: L = 50 is the gray value 119 of 255.

    Args:
        gray: str. What the input is. `"lab"`: L of CIE Lab, normalized as
            L / 50 - 1. `"srgb"`: gray values v in [0, 1] already, normalized
            as 2 v - 1 (as luma of YCbCr); they pass unchanged.
    """

    def __init__(self, gray="lab", **kwargs):
        super().__init__(**kwargs)
        if gray not in GRAYS:
            raise ValueError(f"gray is {gray!r}. Expected one of {GRAYS}.")
        self.gray = gray

    def call(self, inputs):
        if self.gray == "srgb":
            return inputs
        luminance = 50.0 * (ops.cast(inputs, "float32") + 1.0)
        chroma = ops.zeros_like(luminance)
        lab = ops.concatenate([luminance, chroma, chroma], axis=-1)
        return ops.cast(
            2.0 * lab_to_rgb(lab)[..., :1] - 1.0, self.compute_dtype
        )

    def get_config(self):
        return {**super().get_config(), "gray": self.gray}
