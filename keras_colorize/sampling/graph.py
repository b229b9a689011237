"""Divides a network into the steps of the cached sampler's loops."""

import keras
from keras import ops

from keras_colorize.layers import LoopLevel
from keras_colorize.layers import UncacheableError
from keras_colorize.sampling.steps import Apply
from keras_colorize.sampling.steps import Feature
from keras_colorize.sampling.steps import PointwiseStep
from keras_colorize.sampling.steps import ShiftedStep
from keras_colorize.sampling.steps import level_of

_UNARY = frozenset(
    "Abs Absolute Cast Celu ConvertToTensor Elu Exp Expm1 Gelu HardSigmoid "
    "HardSilu HardTanh Identity LeakyRelu Log Log1p LogSigmoid Negative "
    "Reciprocal Relu Relu6 Rsqrt Selu Sigmoid Sign Silu Softplus Softsign "
    "Sqrt Square StopGradient Tanh".split()
)
_ELEMENTWISE = _UNARY | frozenset(
    "Add Clip Divide Maximum Minimum Multiply Power Subtract TrueDivide "
    "Where".split()
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

    Attributes:
        steps: list of `Apply`, `PointwiseStep` and `ShiftedStep`.
        inputs: dict of Feature by input name.
        output: list of Feature.

    Raises:
        UncacheableError: If the network is not causal, or has an operation
            that may not be causal.
    """

    def __init__(self, network, drawn):
        self.steps = []
        self.inputs = {}
        self._values = {}
        self._traced = []
        names = [tensor.name for tensor in network.inputs]
        if drawn not in names:
            raise ValueError(
                f"{network.name!r} has no input {drawn!r}. Expected one of "
                f"{names}."
            )
        for tensor in network.inputs:
            name = tensor.name
            level = LoopLevel.DRAWN if name == drawn else LoopLevel.PHOTOGRAPH
            self.inputs[name] = _feature(tensor, level)
            self._values[id(tensor)] = [self.inputs[name]]
        if len(network.outputs) != 1:
            raise UncacheableError(
                f"{network.name!r} has {len(network.outputs)} outputs. "
                "Expected one, the distribution's parameters."
            )
        self.output = self._features(network.outputs[0])
        if level_of(self.output) > LoopLevel.PIXEL:
            raise UncacheableError(
                f"The output of {network.name!r} at a pixel depends on the "
                "pixel itself. Pass strict=True to the convolutions that take "
                f"{drawn!r}."
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
        if kind in _UNARY and len(inputs) == 1:
            # Feature by feature, so that each keeps its level.
            return [
                [
                    self._apply(
                        operation.call, node, {id_: [feature] for id_ in inputs}
                    )[0][0]
                    for feature in features
                ]
            ]
        if kind in _ELEMENTWISE and _is_pixelwise(node):
            return self._apply(operation.call, node, inputs)
        if kind == "Concatenate" and operation.axis in (-1, 3):
            tensors = node.arguments.keras_tensors
            return [[feature for x in tensors for feature in inputs[id(x)]]]
        if kind == "Split" and operation.axis in (-1, 3):
            return self._apply(
                lambda x: ops.split(x, operation.indices_or_sections, axis=-1),
                node,
                inputs,
            )
        if kind == "GetItem" and _channels_of(node) is not None:
            key = _channels_of(node)
            return self._apply(lambda x, _: x[..., key], node, inputs)
        raise UncacheableError(
            f"Operation {operation.name!r} ({type(operation).__name__}) has an "
            "input that depends on chroma, and is not known to treat each "
            "pixel by itself. Expected ShiftedConv2D, 1x1 WeightNormConv2D, "
            "layers with `pixelwise = True`, elementwise operations of "
            "keras.ops, or concatenation, splitting or slicing of channels. "
            'If the network is causal, pass sampler="full".'
        )

    def _apply(self, function, node, inputs):
        level = level_of([f for features in inputs.values() for f in features])
        channels = None
        if len(node.outputs) == 1 and len(inputs) == 1:
            # A unary operation may be applied to one feature of several.
            (features,) = inputs.values()
            if len(features) == 1 and type(node.operation).__name__ in _UNARY:
                channels = features[0].channels
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
    others = [
        value
        for value in keras.tree.flatten(
            (node.arguments.args, node.arguments.kwargs)
        )
        if not isinstance(value, keras.KerasTensor)
    ]
    return all(len(x.shape) == 4 for x in tensors) and all(
        len(getattr(value, "shape", ())) <= 1 for value in others
    )


def _channels_of(node):
    """The slice of channels that a node takes from all pixels, or None."""
    arguments = node.arguments
    key = arguments.kwargs.get("key", arguments.args[-1])
    if not isinstance(key, (tuple, list)):
        return None
    *pixels, channels = key
    everything = list(pixels) in ([Ellipsis], [slice(None)] * 3)
    return channels if everything and isinstance(channels, slice) else None
