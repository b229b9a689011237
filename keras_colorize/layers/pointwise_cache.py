"""A 1x1 convolution inside the loops of the cached sampler."""

from keras import ops

from keras_colorize.layers.loop_level import UncacheableError
from keras_colorize.layers.loop_level import multiply_pixels


class PointwiseCache:
    """How a 1x1 convolution is computed while its input is being drawn.

    The kernel is divided by the loop in which its input channels are known.
    So channels that depend on the photograph alone are multiplied once a
    photograph.

    Args:
        layer: A built `WeightNormConv2D`.
        parts: list of (LoopLevel, int). When each run of its input's channels
            is known, and how many channels it has.

    Attributes:
        levels: list of LoopLevel, ascending. The levels that have channels.
    """

    def __init__(self, layer, parts):
        if layer.kernel_size != (1, 1) or layer.strides != 1:
            raise UncacheableError(
                f"{layer.name!r} is an ordinary convolution of kernel size "
                f"{layer.kernel_size}, stride {layer.strides} and dilation "
                f"{layer.dilation_rate}; its input depends on chroma, so it "
                "would see pixels that are not drawn yet. Use ShiftedConv2D "
                'there, or sample with sampler="full".'
            )
        self._layer = layer
        self._parts = parts
        self.levels = sorted({level for level, _ in parts})

    def fold(self):
        """`bias` `(N,)` and, by level, the rows of the kernel for it.

        Returns:
            A dictionary; the kernels are in the order of `levels`.
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
            inputs: `(..., C)`, the channels of that level.
            before: `(..., N)`, the sum of the levels before, or None.

        Returns:
            A tensor `(..., N)`: float32, or in the layer's dtype if it is
            the last level.
        """
        if before is None:
            before = weights["bias"]
        outputs = before + multiply_pixels(inputs, weights["kernels"][index])
        if index == len(self.levels) - 1:
            outputs = ops.cast(outputs, self._layer.compute_dtype)
        return outputs
