"""The steps of a network in the loops of the cached sampler."""

import dataclasses

import keras
from keras import ops

from keras_colorize.layers import LoopLevel


@dataclasses.dataclass(frozen=True, eq=False)
class Feature:
    """A tensor, or a range of its channels, known from one level on."""

    level: LoopLevel
    channels: int
    dtype: str


@dataclasses.dataclass(frozen=True)
class Turn:
    """One draw of a pixel: of all its channels, or of one of them.

    Args:
        level: LoopLevel. Steps of this level are computed before the draw.
        output: list of Feature. Output of the network, known at this level.
        channels: slice. Channels that are drawn.
        drawn: Feature. Their values.
    """

    level: LoopLevel
    output: list[Feature]
    channels: slice
    drawn: Feature


def read(features, values):
    """The values of features, concatenated."""
    if len(features) == 1:
        return values[features[0]]
    return ops.concatenate([values[feature] for feature in features], axis=-1)


def level_of(features):
    return max(feature.level for feature in features)


class Apply:
    """Calls a function: any layer of the photograph, or a pixelwise operation.

    Args:
        function: Function of the arguments.
        arguments: Keras's `SymbolicArguments` of a node.
        inputs: dict of list of Feature, by the id of the symbolic tensor that
            they replace.
        outputs: list of Feature.
    """

    def __init__(self, function, arguments, inputs, outputs):
        self.function = function
        self.arguments = arguments
        self.outputs = outputs
        self.level = outputs[0].level
        self.features = [
            feature for features in inputs.values() for feature in features
        ]
        self._inputs = inputs

    def run(self, weights, values):
        def fill(value):
            if isinstance(value, keras.KerasTensor):
                return read(self._inputs[id(value)], values)
            return value

        args, kwargs = self.arguments.convert(fill)
        results = keras.tree.flatten(self.function(*args, **kwargs))
        values.update(zip(self.outputs, results))


class PointwiseStep:
    """The part of a 1x1 convolution for the input channels of one level.

    Args:
        cache: `PointwiseCache` of the layer.
        index: int. Index in `cache.levels`.
        inputs: list of Feature. The channels of the level.
        before: Feature or None. The sum of the earlier levels.
        output: Feature.
    """

    def __init__(self, cache, index, inputs, before, output):
        self.cache = cache
        self.index = index
        self.inputs = inputs
        self.before = before
        self.outputs = [output]
        self.level = output.level
        self.features = inputs if before is None else [*inputs, before]

    def run(self, weights, values):
        before = None if self.before is None else values[self.before]
        values[self.outputs[0]] = self.cache.take(
            weights[self.cache], self.index, read(self.inputs, values), before
        )


class ShiftedStep:
    """A causal convolution whose input depends on drawn pixels.

    Args:
        cache: `ShiftedConv2DCache` of the layer.
        inputs: list of Feature.
        output: Feature.

    Attributes:
        arrived: Feature or None. The sum that rows above give to the current
            row, if the rest is computed pixel by pixel.
    """

    def __init__(self, cache, inputs, output):
        self.cache = cache
        self.inputs = inputs
        self.outputs = [output]
        self.level = cache.level
        self.by_pixel = cache.level > LoopLevel.ROW
        # The input is known pixel by pixel, and rows below depend on it.
        self.leaves_row = (
            cache.input_level > LoopLevel.ROW and cache.reaches_below
        )
        self.pushes = self.by_pixel and cache.strict
        self.arrived = None
        self.features = []
        if self.by_pixel:
            self.arrived = Feature(LoopLevel.ROW, output.channels, "float32")
            self.features = [self.arrived]
        if not self.pushes and cache.input_level <= self.level:
            self.features = [*self.features, *inputs]

    def begin_row(self, weights, below, values, batch, width):
        """Computes what is known when a row begins. Returns the sums below."""
        folded = weights[self.cache]
        if self.cache.input_level == LoopLevel.ROW:
            inputs = read(self.inputs, values)
            outputs, below = self.cache.take_row(folded, below, inputs)
            values[self.outputs[0]] = outputs
            return below
        arrived = self.cache.arrived(folded, below, batch, width)
        if self.by_pixel:
            values[self.arrived] = arrived
        else:
            values[self.outputs[0]] = ops.cast(arrived, self.outputs[0].dtype)
        return below

    def take_pixel(self, weights, right, values):
        """Computes the output at a pixel. Returns the sums right of it."""
        arrived = values[self.arrived]
        if self.pushes:
            outputs = self.cache.read_pixel(right, arrived)
        else:
            outputs, right = self.cache.take_pixel(
                weights[self.cache], right, arrived, read(self.inputs, values)
            )
        values[self.outputs[0]] = outputs
        return right

    def push_pixel(self, weights, right, values):
        """The sums right of a pixel, after it is drawn."""
        inputs = read(self.inputs, values)
        return self.cache.push_pixel(weights[self.cache], right, inputs)

    def end_row(self, weights, below, values):
        """The sums below a row, after it is drawn."""
        inputs = read(self.inputs, values)
        return self.cache.leave_row(weights[self.cache], below, inputs)
