"""The layers of a gated PixelCNN of binned chroma."""

import keras
from keras import ops

from keras_colorize.layers import ShiftedConv2D
from keras_colorize.layers import WeightNormConv2D
from keras_colorize.layers.categorical_bins import bins_of
from keras_colorize.layers.categorical_bins import values_of


@keras.saving.register_keras_serializable(package="keras_colorize")
class BinInput(keras.layers.Layer):
    """Rounds chroma to bins, and appends a channel of ones.

    So the network sees bins alone, also where chroma is a hint. By the ones, a
    convolution can tell padding from chroma.

    Args:
        num_bins: int. Bins of a channel.

    Input shape: `(..., 2)`, chroma in [-1, 1].

    Output shape: `(..., 3)`.
    """

    # The cached sampler may call the layer on single pixels.
    pixelwise = True

    def __init__(self, num_bins, **kwargs):
        # No autocast: bfloat16 has too few bits to round.
        super().__init__(autocast=False, **kwargs)
        self.num_bins = num_bins

    def call(self, chroma):
        chroma = values_of(bins_of(chroma, self.num_bins), self.num_bins)
        x = ops.concatenate([chroma, ops.ones_like(chroma[..., :1])], axis=-1)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, chroma_shape):
        return (*chroma_shape[:-1], 3)

    def get_config(self):
        return {**super().get_config(), "num_bins": self.num_bins}


@keras.saving.register_keras_serializable(package="keras_colorize")
class GatedConvBlock(keras.layers.Layer):
    """A block of the gated PixelCNN (van den Oord et al. 2016, Figure 2).

    The stack v sees the rows above, the stack h also the pixels to the left.
    All convolutions are weight-normalized. `gate` is tanh of the first half of
    the channels times the sigmoid of the second half:

    ```
    rows = conv_v(v)
    h + out(gate(conv_h(h) + link(rows) + features_h(features)))
    gate(rows + features_v(features))  # the new v
    ```

    Args:
        kernel_size: int. Width of the convolutions, odd. `conv_v` sees the
            upper half of the square, with the current row of v; `conv_h` the
            left half of the row, with the current pixel of h.
        last: bool. Whether this is the last block, which leaves out the new v.

    Call arguments:
        v: Float tensor `(batch, height, width, filters)`.
        h: The same.
        features: Float tensor `(batch, height, width, any)`.

    Returns:
        The new h, or the new v and the new h if `last` is False.
    """

    def __init__(self, kernel_size=5, last=False, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.last = last

    def build(self, v_shape, h_shape, features_shape):
        filters = h_shape[-1]
        doubled = (*h_shape[:-1], 2 * filters)
        reach = self.kernel_size // 2 + 1

        def shifted(size, direction, name):
            return ShiftedConv2D(
                2 * filters,
                size,
                direction,
                dtype=self.dtype_policy,
                name=name,
            )

        def pointwise(filters, name, init_scale=1.0):
            return WeightNormConv2D(
                filters,
                1,
                init_scale=init_scale,
                dtype=self.dtype_policy,
                name=name,
            )

        self.conv_v = shifted((reach, self.kernel_size), "down", "conv_v")
        self.conv_v.build(v_shape)
        self.conv_h = shifted((1, reach), "down_right", "conv_h")
        self.conv_h.build(h_shape)
        self.link = pointwise(2 * filters, "link")
        self.link.build(doubled)
        self.features_h = pointwise(2 * filters, "features_h")
        self.features_h.build(features_shape)
        self.out = pointwise(filters, "out", init_scale=0.1)
        self.out.build(h_shape)
        self.features_v = None
        if not self.last:
            self.features_v = pointwise(2 * filters, "features_v")
            self.features_v.build(features_shape)

    def call(self, v, h, features):
        rows = self.conv_v(v)
        x = self.conv_h(h) + self.link(rows) + self.features_h(features)
        h = h + self.out(_gate(x))
        if self.last:
            return h
        return _gate(rows + self.features_v(features)), h

    def compute_output_shape(self, v_shape, h_shape, features_shape):
        return h_shape if self.last else (v_shape, h_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "last": self.last,
        }


def _gate(x):
    a, b = ops.split(x, 2, axis=-1)
    return ops.tanh(a) * ops.sigmoid(b)
