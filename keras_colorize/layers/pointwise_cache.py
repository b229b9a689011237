"""A 1x1 convolution inside the loops of the cached sampler."""

from keras import ops

from keras_colorize.layers.loop_level import UncacheableError
from keras_colorize.layers.loop_level import multiply_pixels


class PointwiseCache:
    """Computes a 1x1 convolution while its input is being drawn.

    The kernel is divided by the loop level of its input channels. So channels
    that depend only on the photograph are multiplied once per photograph.

    Args:
        layer: A built `WeightNormConv2D`.
        parts: list of (LoopLevel, int). Level and number of channels, for
            each group of neighboring input channels.

    Attributes:
        levels: list of LoopLevel. The levels of the input, ascending.
    """

    def __init__(self, layer, parts):
        if layer.kernel_size != (1, 1) or layer.strides != 1:
            raise UncacheableError(
                f"{layer.name!r} is an ordinary convolution of kernel size "
                f"{layer.kernel_size}, stride {layer.strides} and dilation "
                f"{layer.dilation_rate}. Its input depends on chroma, so it "
                "sees pixels that are not drawn yet. Use ShiftedConv2D instead."
            )
        self._layer = layer
        self._parts = parts
        self.levels = sorted({level for level, _ in parts})

    def fold(self):
        """The layer's weights, computed once before the loops.

        Returns:
            A dictionary: `"bias"` `(N,)`, and `"kernels"`, the part of the
            kernel for each of `levels`.
        """
        layer = self._layer
        kernel = ops.cast(layer.kernel(), layer.compute_dtype)[0, 0]
        pieces = {level: [] for level in self.levels}
        start = 0
        for level, channels in self._parts:
            pieces[level].append(kernel[start : start + channels])
            start += channels
        return {
            "bias": ops.cast(layer.bias, "float32"),
            "kernels": tuple(
                ops.concatenate(pieces[level]) for level in self.levels
            ),
        }

    def take(self, weights, index, inputs, before=None):
        """Adds the channels of the level `levels[index]` to the sum.

        Args:
            weights: From `fold`.
            index: int.
            inputs: `(..., C)`, the channels of the level.
            before: `(..., N)`, the sum of the earlier levels, or None.

        Returns:
            A tensor `(..., N)`: float32, or, at the last level, in the layer's
            compute dtype.
        """
        if before is None:
            before = weights["bias"]
        outputs = before + multiply_pixels(inputs, weights["kernels"][index])
        if index == len(self.levels) - 1:
            outputs = ops.cast(outputs, self._layer.compute_dtype)
        return outputs
