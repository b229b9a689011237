"""The steps of a network inside the cached sampler's loops."""

import dataclasses

import keras
from keras import ops

from keras_colorize.layers import LoopLevel


@dataclasses.dataclass(frozen=True, eq=False)
class Feature:
    """A tensor, or a range of its channels, that one loop makes known."""

    level: LoopLevel
    channels: int
    dtype: str


def read(features, values):
    """The tensor whose channels are in `features`, one after the other."""
    if len(features) == 1:
        return values[features[0]]
    return ops.concatenate([values[feature] for feature in features], axis=-1)


def level_of(features):
    return max(feature.level for feature in features)


class Apply:
    """Anything that can be called on values as they come.

    Ordinary layers before anything is drawn, pixelwise operations later.

    Args:
        function: Function of the node's arguments, tensors filled in.
        arguments: Keras's `SymbolicArguments` of the node.
        inputs: dict of list of Feature. By the id of the node's tensors.
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
    """The share of a 1x1 convolution of the channels known at one time.

    Args:
        cache: `PointwiseCache` of the layer.
        index: int. Which of the cache's levels.
        inputs: list of Feature. The channels of that level.
        before: Feature or None. The sum of the levels before.
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
    """A causal convolution whose input depends on what is drawn.

    Args:
        cache: `ShiftedConv2DCache` of the layer.
        inputs: list of Feature.
        output: Feature.

    Attributes:
        arrived: Feature or None. What rows above give the current row, if the
            rest comes pixel by pixel.
    """

    def __init__(self, cache, inputs, output):
        self.cache = cache
        self.inputs = inputs
        self.outputs = [output]
        self.level = cache.level
        self.by_pixel = cache.level > LoopLevel.ROW
        # Its input comes pixel by pixel, and rows below need it.
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
        """Does what can be done when a row begins; the sums below it."""
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
        """Computes the output at a pixel; the sums right of it."""
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
        """Once a pixel is drawn: what a strict layer sends to the right."""
        inputs = read(self.inputs, values)
        return self.cache.push_pixel(weights[self.cache], right, inputs)

    def end_row(self, weights, below, values):
        """Once a row is drawn: what it sends down."""
        inputs = read(self.inputs, values)
        return self.cache.leave_row(weights[self.cache], below, inputs)
