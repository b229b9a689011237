"""Divides a network into the steps of the cached sampler's loops."""

import functools
import itertools

import keras
from keras import ops

from keras_colorize.layers import LoopLevel
from keras_colorize.layers import UncacheableError
from keras_colorize.sampling.steps import Apply
from keras_colorize.sampling.steps import Feature
from keras_colorize.sampling.steps import PointwiseStep
from keras_colorize.sampling.steps import ShiftedStep
from keras_colorize.sampling.steps import Turn
from keras_colorize.sampling.steps import level_of
from keras_colorize.sampling.turns import channels_by_turn

_ELEMENTWISE = frozenset(
    "Abs Absolute Add Cast Celu Clip ConvertToTensor Divide Elu Exp Expm1 Gelu "
    "HardSigmoid HardSilu HardTanh Identity LeakyRelu Log Log1p LogSigmoid "
    "Maximum Minimum Multiply Negative Power Reciprocal Relu Relu6 Round Rsqrt "
    "Selu Sigmoid Sign Silu Softplus Softsign Sqrt Square StopGradient "
    "Subtract Tanh TrueDivide Where".split()
)


class Graph:
    """The steps of a network, in the order in which they are computed.

    A layer with a method `sampling_cache`, such as `ShiftedConv2D`, becomes
    steps of its own. Layers with `pixelwise = True` and elementwise operations
    are called as they are. Any other layer is traced, and its operations are
    divided in the same way. Operations that depend only on the photograph are
    not restricted.

    Args:
        network: See `CachedSampler`.
        drawn: See `CachedSampler`.
        order: See `CachedSampler`.

    Attributes:
        steps: list of `Apply`, `PointwiseStep` and `ShiftedStep`.
        inputs: dict of Feature by input name, without the drawn input.
        turns: list of `Turn`.
        drawn: list of Feature. The channels of the drawn input.
        output: list of Feature.

    Raises:
        UncacheableError: If the network is not causal, or has an operation
            that may not be causal.
    """

    def __init__(self, network, drawn, order=None):
        self.steps = []
        self.inputs = {}
        self._values = {}
        self._traced = []
        slices = channels_by_turn(network, drawn, order)
        # The levels before and after each draw of a pixel.
        levels = [LoopLevel.PIXEL, LoopLevel.CHANNEL, LoopLevel.DRAWN]
        if len(slices) == 1:
            levels.remove(LoopLevel.CHANNEL)
        features = []
        for tensor in network.inputs:
            if tensor.name == drawn:
                features = [
                    _feature(tensor, level, channels.stop - channels.start)
                    for level, channels in zip(levels[1:], slices)
                ]
                # From their order to that of the input. Two channels: the same
                # permutation.
                self.drawn = [features[i] for i in order or [0]]
                self._values[id(tensor)] = self.drawn
            else:
                feature = _feature(tensor, LoopLevel.PHOTOGRAPH)
                self.inputs[tensor.name] = feature
                self._values[id(tensor)] = [feature]
        self.turns = [
            Turn(level, self._features(tensor), channels, feature)
            for level, tensor, channels, feature in zip(
                levels, network.outputs, slices, features
            )
        ]
        self.output = [f for turn in self.turns for f in turn.output]
        for index, turn in enumerate(self.turns):
            if level_of(turn.output) > turn.level:
                raise UncacheableError(
                    f"Output {index} of {network.name!r} at a pixel depends on "
                    f"the pixel itself, and order is {order!r}. Pass "
                    "strict=True to the convolutions that take "
                    f"{drawn!r}, or the order in which its channels are drawn."
                )

    @property
    def caches(self):
        """The caches of all convolutions, without repetition."""
        caches = [s.cache for s in self.steps if not isinstance(s, Apply)]
        return list(dict.fromkeys(caches))

    def _features(self, tensor):
        """The features of a tensor. Adds the steps that compute them."""
        if id(tensor) not in self._values:
            operation, index, _ = tensor._keras_history
            node = operation._inbound_nodes[index]
            inputs = {
                id(x): self._features(x) for x in node.arguments.keras_tensors
            }
            results = self._take_apart(operation, node, inputs)
            for output, features in zip(node.outputs, results):
                self._values[id(output)] = features
        return self._values[id(tensor)]

    def _take_apart(self, operation, node, inputs):
        """The features of each output of a node."""
        features = [
            feature for features in inputs.values() for feature in features
        ]
        if level_of(features) == LoopLevel.PHOTOGRAPH:
            return self._apply(operation, node, inputs)
        if isinstance(operation, keras.layers.Layer):
            if getattr(operation, "pixelwise", False):
                return self._apply(operation.call, node, inputs)
            if hasattr(operation, "sampling_cache"):
                return [self._convolve(operation, node, features)]
            return self._trace(operation, node, inputs)
        kind = type(operation).__name__
        if not type(operation).__module__.startswith("keras."):
            kind = None
        if kind in _ELEMENTWISE and _is_pixelwise(node):
            if len(inputs) > 1 or _constant_rank(node):
                return self._apply(operation.call, node, inputs)
            # Feature by feature, so that each keeps its level.
            (id_,) = inputs
            results = [
                self._apply(operation.call, node, {id_: [f]}, f.channels)
                for f in features
            ]
            return [[feature for ((feature,),) in results]]
        if kind == "Concatenate" and operation.axis in (-1, 3):
            tensors = node.arguments.keras_tensors
            return [[feature for x in tensors for feature in inputs[id(x)]]]
        if kind == "Split" and operation.axis in (-1, 3):
            widths = [output.shape[-1] for output in node.outputs]
            ends = list(itertools.accumulate(widths))
            return [
                self._slice(node, inputs, end - width, end)
                for end, width in zip(ends, widths)
            ]
        if kind == "GetItem" and _channels_of(node) is not None:
            return [self._slice(node, inputs, *_channels_of(node))]
        raise UncacheableError(
            f"Operation {operation.name!r} ({type(operation).__name__}) has an "
            "input that depends on chroma, and is not known to treat each "
            "pixel by itself. Expected ShiftedConv2D, 1x1 WeightNormConv2D, "
            "layers with `pixelwise = True`, elementwise operations of "
            "keras.ops, or concatenation, splitting or slicing of channels. "
            'If the network is causal, pass sampler="full".'
        )

    def _slice(self, node, inputs, start, stop):
        """Channels of a node's input. Each feature keeps its level."""
        ((id_, features),) = inputs.items()
        result = []
        for feature in features:
            first, last = max(start, 0), min(stop, feature.channels)
            start, stop = start - feature.channels, stop - feature.channels
            if last - first == feature.channels:
                result.append(feature)
            elif last > first:
                key = (..., slice(first, last))
                part = Feature(feature.level, last - first, feature.dtype)
                take = functools.partial(_take, key)
                step = Apply(take, node.arguments, {id_: [feature]}, [part])
                self.steps.append(step)
                result.append(part)
        return result

    def _apply(self, function, node, inputs, channels=None):
        level = level_of([f for features in inputs.values() for f in features])
        outputs = [_feature(x, level, channels) for x in node.outputs]
        self.steps.append(Apply(function, node.arguments, inputs, outputs))
        return [[feature] for feature in outputs]

    def _convolve(self, layer, node, features):
        cache = layer.sampling_cache([(f.level, f.channels) for f in features])
        (output,) = node.outputs
        if hasattr(cache, "take_row"):
            feature = _feature(output, cache.level)
            self.steps.append(ShiftedStep(cache, features, feature))
            return [feature]
        feature = None
        for index, level in enumerate(cache.levels):
            inputs = [f for f in features if f.level == level]
            before, feature = feature, _feature(output, level)
            if index < len(cache.levels) - 1:
                feature = Feature(level, feature.channels, "float32")
            self.steps.append(
                PointwiseStep(cache, index, inputs, before, feature)
            )
        return [feature]

    def _trace(self, layer, node, inputs):
        """Calls a layer on symbolic tensors, and divides its operations."""
        stand_ins = {}

        def stand_in(value):
            if not isinstance(value, keras.KerasTensor):
                return value
            if id(value) not in stand_ins:
                tensor = keras.KerasTensor(value.shape, value.dtype)
                self._values[id(tensor)] = inputs[id(value)]
                # An id is valid as long as its tensor lives.
                self._traced.append(tensor)
                if layer.autocast and layer.compute_dtype != value.dtype:
                    tensor = ops.cast(tensor, layer.compute_dtype)
                    self._traced.append(tensor)
                stand_ins[id(value)] = tensor
            return stand_ins[id(value)]

        args, kwargs = node.arguments.convert(stand_in)
        outputs = keras.tree.flatten(layer.call(*args, **kwargs))
        self._traced.extend(outputs)
        return [self._features(output) for output in outputs]


def _feature(tensor, level, channels=None):
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    return Feature(level, channels or tensor.shape[-1], dtype)


def _is_pixelwise(node):
    """Whether an elementwise operation treats each pixel by itself."""
    tensors = node.arguments.keras_tensors
    return all(len(x.shape) == 4 for x in tensors) and _constant_rank(node) < 2


def _constant_rank(node):
    """The highest rank of a node's arguments that are not symbolic."""
    arguments = (node.arguments.args, node.arguments.kwargs)
    return max(
        (
            len(getattr(value, "shape", ()))
            for value in keras.tree.flatten(arguments)
            if not isinstance(value, keras.KerasTensor)
        ),
        default=0,
    )


def _take(key, x, *_, **__):
    """The entries of a node's input that a key selects."""
    return x[key]


def _channels_of(node):
    """Start and stop of the channels that a node takes, or None."""
    arguments = node.arguments
    key = arguments.kwargs.get("key", arguments.args[-1])
    if not isinstance(key, (tuple, list)):
        return None
    *pixels, channels = key
    everything = list(pixels) in ([Ellipsis], [slice(None)] * 3)
    if not everything or not isinstance(channels, slice):
        return None
    (tensor,) = arguments.keras_tensors
    start, stop, step = channels.indices(tensor.shape[-1])
    return (start, stop) if step == 1 else None
