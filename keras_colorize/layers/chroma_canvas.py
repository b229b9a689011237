"""What the autoregressive network is shown of the chroma drawn so far."""

import keras
from keras import ops

from keras_colorize.color import denormalize_lab
from keras_colorize.color import lab_to_rgb

SPACES = ("lab", "rgb")


@keras.saving.register_keras_serializable(package="keras_colorize")
class ChromaCanvas(keras.layers.Layer):
    """Joins luminance and chroma into the input of the autoregressive network.

    A channel of ones is appended, from which a convolution can tell padding
    from black (Salimans et al. 2017).

    Args:
        space: str. `"lab"`: the normalized Lab values themselves; `"rgb"`:
            their sRGB in [-1, 1], which the checkpoints that Royer et al.
            released were trained on.

    Call arguments:
        luminance: Float tensor `(..., 1)`, normalized L in [-1, 1].
        chroma: Float tensor `(..., 2)`, normalized a and b in [-1, 1].

    Output shape: `(..., 4)`, in the layer's compute dtype.
    """

    # Each pixel by itself, channels last: what the cached sampler asks.
    pixelwise = True

    def __init__(self, space="lab", **kwargs):
        if space not in SPACES:
            raise ValueError(
                f"Canvas space {space!r} is unknown. Expected one of {SPACES}."
            )
        # Color maths stays in float32 whatever the policy.
        super().__init__(autocast=False, **kwargs)
        self.space = space

    def build(self, luminance_shape, chroma_shape):
        pass

    def call(self, luminance, chroma):
        luminance = ops.cast(luminance, "float32")
        chroma = ops.cast(chroma, "float32")
        canvas = ops.concatenate([luminance, chroma], axis=-1)
        if self.space == "rgb":
            canvas = 2.0 * lab_to_rgb(denormalize_lab(canvas)) - 1.0
        canvas = ops.concatenate([canvas, ops.ones_like(luminance)], axis=-1)
        return ops.cast(canvas, self.compute_dtype)

    def compute_output_shape(self, luminance_shape, chroma_shape):
        return (*chroma_shape[:-1], 4)

    def get_config(self):
        config = super().get_config()
        config.update(space=self.space)
        return config
