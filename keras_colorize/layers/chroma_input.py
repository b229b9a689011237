"""The input of an autoregressive network of chroma."""

import keras
from keras import ops

from keras_colorize.color import denormalize_lab
from keras_colorize.color import lab_to_rgb

INPUT_SPACES = ("lab", "ab", "rgb", "rgb8")


@keras.saving.register_keras_serializable(package="keras_colorize")
class ChromaInput(keras.layers.Layer):
    """Joins luminance and chroma into the input of an autoregressive network.

    A channel of ones is appended, so that a convolution can tell padding from
    black (Salimans et al. 2017).

    Args:
        space: str. What the network sees. `"lab"`: luminance and chroma.
            `"ab"`: only chroma (Royer et al. 2017, Figure 2). `"rgb"`: sRGB in
            [-1, 1], as in the program of Royer et al.; the released
            checkpoints need it. `"rgb8"`: sRGB rounded to 8 bits; the program
            feeds drawn pixels back this way.

    Call arguments:
        luminance: Float tensor `(..., 1)`, normalized L in [-1, 1].
        chroma: Float tensor `(..., 2)`, normalized a and b in [-1, 1].

    Output shape: `(..., 4)`, or `(..., 3)` for `"ab"`, in the layer's compute
    dtype.
    """

    # The cached sampler may call the layer on single pixels.
    pixelwise = True

    def __init__(self, space="lab", **kwargs):
        if space not in INPUT_SPACES:
            raise ValueError(
                f"space is {space!r}. Expected one of {INPUT_SPACES}."
            )
        # Color maths stays in float32 whatever the policy.
        super().__init__(autocast=False, **kwargs)
        self.space = space

    def build(self, luminance_shape, chroma_shape):
        pass

    def call(self, luminance, chroma):
        luminance = ops.cast(luminance, "float32")
        x = ops.cast(chroma, "float32")
        if self.space != "ab":
            x = ops.concatenate([luminance, x], axis=-1)
        if self.space.startswith("rgb"):
            x = lab_to_rgb(denormalize_lab(x))
            if self.space == "rgb8":
                x = ops.round(255.0 * x) / 255.0
            x = 2.0 * x - 1.0
        x = ops.concatenate([x, ops.ones_like(luminance)], axis=-1)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, luminance_shape, chroma_shape):
        return (*chroma_shape[:-1], 3 if self.space == "ab" else 4)

    def get_config(self):
        return {**super().get_config(), "space": self.space}
