"""Causal convolution: sees only earlier pixels in raster order."""

import keras
from keras import ops

from keras_colorize.layers.shifted_conv2d_cache import ShiftedConv2DCache
from keras_colorize.layers.weight_norm_conv2d import WeightNormConv2D

DIRECTIONS = ("down", "down_right")


@keras.saving.register_keras_serializable(package="keras_colorize")
class ShiftedConv2D(WeightNormConv2D):
    """Weight-normalized convolution, shifted so that it is causal.

    `"down"` sees the current row and rows above: inputs are padded on top, and
    evenly left and right. `"down_right"` sees the current column and columns
    to the left, in the current row and rows above: inputs are padded on top
    and left. `strict=True` moves the output one step further, and fills the
    border with zeros. Then `"down"` sees only rows above, and `"down_right"`
    only columns to the left (Salimans et al. 2017, PixelCNN++, section 2.5;
    Royer et al. 2017).

    Args:
        filters: int. Output channels.
        kernel_size: int or pair of ints. Height and width of the kernel.
        direction: str. `"down"` or `"down_right"`.
        strict: bool. Whether to leave out the current row (`"down"`) or
            column (`"down_right"`).
        init_scale: float. As for `WeightNormConv2D`.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, height, width, filters)`.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        direction="down_right",
        strict=False,
        init_scale=1.0,
        **kwargs,
    ):
        if direction not in DIRECTIONS:
            raise ValueError(
                f"Direction {direction!r} is unknown. Expected one of "
                f"{DIRECTIONS}."
            )
        super().__init__(filters, kernel_size, init_scale=init_scale, **kwargs)
        self.direction = direction
        self.strict = strict
        height, width = self.kernel_size
        left = width - 1 if direction == "down_right" else (width - 1) // 2
        self.padding = ((height - 1, 0), (left, width - 1 - left))

    def call(self, inputs):
        outputs = super().call(inputs)
        if not self.strict:
            return outputs
        if self.direction == "down":
            return ops.pad(outputs[:, :-1], ((0, 0), (1, 0), (0, 0), (0, 0)))
        return ops.pad(outputs[:, :, :-1], ((0, 0), (0, 0), (1, 0), (0, 0)))

    def sampling_cache(self, parts):
        """How `CachedSampler` computes the layer.

        Args:
            parts: See `WeightNormConv2D.sampling_cache`.

        Raises:
            UncacheableError: If the layer sees pixels that are not drawn yet.
        """
        return ShiftedConv2DCache(self, max(level for level, _ in parts))

    def get_config(self):
        config = super().get_config()
        for fixed in ("strides", "padding", "dilation_rate"):
            del config[fixed]
        config.update(direction=self.direction, strict=self.strict)
        return config
