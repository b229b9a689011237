"""Gated residual block."""

import keras
from keras import ops

from keras_colorize.layers.shifted_conv2d import DIRECTIONS
from keras_colorize.layers.shifted_conv2d import ShiftedConv2D
from keras_colorize.layers.weight_norm_conv2d import WeightNormConv2D


def concat_elu(x):
    """The ELU of x and of -x, concatenated: twice the channels."""
    return ops.elu(ops.concatenate([x, -x], axis=-1))


@keras.saving.register_keras_serializable(package="keras_colorize")
class GatedResBlock(keras.layers.Layer):
    """Gated residual block of PixelCNN++ with optional conditioning.

    ```
    h = conv1(concat_elu(x)) + conv_aux(concat_elu(conditioning))
    h = dropout(concat_elu(h))
    p, q = split(conv2(h))
    x + p * sigmoid(q)  # gated
    x + conv2(h)        # not gated
    ```

    `conv_aux`, a 1x1 convolution, exists only with conditioning (Salimans et
    al. 2017, section 2.5; Royer et al. 2017, section 3.3).

    Args:
        kernel_size: int or pair of ints. Of conv1 and conv2.
        direction: None for ordinary convolutions, or `"down"` or
            `"down_right"` for causal ones (see `ShiftedConv2D`).
        gated: bool. Whether the update goes through a gate.
        dilation_rate: int. Of conv1; ordinary convolutions only.
        dropout: float. Rate of dropout between the convolutions.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.
        conditioning: Float tensor `(batch, height, width, any)` or None.
        training: bool. Whether dropout is on.

    Output shape: the shape of `inputs`.
    """

    def __init__(
        self,
        kernel_size=3,
        direction=None,
        gated=True,
        dilation_rate=1,
        dropout=0.0,
        **kwargs,
    ):
        if direction not in (None, *DIRECTIONS):
            raise ValueError(
                f"Direction {direction!r} is unknown. Expected None or one of "
                f"{DIRECTIONS}."
            )
        if direction is not None and dilation_rate != 1:
            raise ValueError(
                f"dilation_rate is {dilation_rate}. Expected 1 with direction "
                f"{direction!r}: causal convolutions have no dilation."
            )
        super().__init__(**kwargs)
        self.kernel_size = (
            kernel_size if isinstance(kernel_size, int) else tuple(kernel_size)
        )
        self.direction = direction
        self.gated = gated
        self.dilation_rate = dilation_rate
        self.dropout = dropout
        self.dropout_layer = keras.layers.Dropout(
            dropout, dtype=self.dtype_policy, name="dropout"
        )

    def build(self, inputs_shape, conditioning_shape=None):
        channels = inputs_shape[-1]
        doubled = (*inputs_shape[:-1], 2 * channels)
        self.conv1 = self._convolution(
            channels, "conv1", dilation_rate=self.dilation_rate
        )
        self.conv1.build(doubled)
        self.conv_aux = None
        if conditioning_shape is not None:
            self.conv_aux = WeightNormConv2D(
                channels, 1, dtype=self.dtype_policy, name="conv_aux"
            )
            self.conv_aux.build(
                (*conditioning_shape[:-1], 2 * conditioning_shape[-1])
            )
        self.conv2 = self._convolution(
            2 * channels if self.gated else channels, "conv2", init_scale=0.1
        )
        self.conv2.build(doubled)

    def _convolution(self, filters, name, dilation_rate=1, init_scale=1.0):
        shared = {
            "init_scale": init_scale,
            "dtype": self.dtype_policy,
            "name": name,
        }
        if self.direction is None:
            return WeightNormConv2D(
                filters, self.kernel_size, dilation_rate=dilation_rate, **shared
            )
        return ShiftedConv2D(
            filters, self.kernel_size, direction=self.direction, **shared
        )

    def call(self, inputs, conditioning=None, training=False):
        h = self.conv1(concat_elu(inputs))
        if conditioning is not None:
            h = h + self.conv_aux(concat_elu(conditioning))
        h = self.conv2(self.dropout_layer(concat_elu(h), training=training))
        if not self.gated:
            return inputs + h
        p, q = ops.split(h, 2, axis=-1)
        return inputs + p * ops.sigmoid(q)

    def compute_output_shape(self, inputs_shape, conditioning_shape=None):
        return inputs_shape

    def get_config(self):
        config = super().get_config()
        config.update(
            kernel_size=self.kernel_size,
            direction=self.direction,
            gated=self.gated,
            dilation_rate=self.dilation_rate,
            dropout=self.dropout,
        )
        return config
