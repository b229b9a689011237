"""A backbone of the user's as an encoder, and functional models as data."""

import keras
import numpy as np
from keras import layers
from keras import ops

from keras_colorize.encoders.srgb_gray import SRGBGray
from keras_colorize.encoders.weights import SCALINGS
from keras_colorize.encoders.weights import gray_kernel

# What a functional model may consist of, by the module that Keras saves it
# under: what computes one tensor from others and runs no code of a caller's.
_LAYERS = (
    *("Activation", "LeakyReLU", "PReLU", "ReLU", "Softmax"),
    *("Add", "Average", "Concatenate", "Maximum", "Multiply", "Subtract"),
    *("AveragePooling2D", "GlobalAveragePooling2D"),
    *("GlobalMaxPooling2D", "MaxPooling2D", "UpSampling2D", "ZeroPadding2D"),
    *("BatchNormalization", "GroupNormalization", "LayerNormalization"),
    *("Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D"),
    *("Dense", "Dropout", "SpatialDropout2D", "Identity", "InputLayer"),
    *("Normalization", "Rescaling", "Reshape"),
)
_ALLOWED = {
    "keras.layers": _LAYERS,
    "keras.src.ops.nn": ("Relu", "Relu6", "Sigmoid", "Silu"),
    "keras.src.ops.numpy": (
        *("Add", "Concatenate", "Divide", "Multiply", "OnesLike"),
        *("Subtract", "TrueDivide"),
    ),
}
_OURS = "keras_colorize>SRGBGray"
# Left out of a layer's config: weights are loaded, and the dtype is that of
# the policy at loading.
_LEFT_OUT = ("dtype", "_initializer", "_regularizer", "_constraint")


def gray_backbone(
    backbone, gray="lab", scaling="none", features=None, name="backbone"
):
    """Turns a backbone for RGB into an encoder of gray photographs.

    The encoder computes the features that the backbone computes of the gray
    photograph as RGB. The kernel of the first convolution is summed over
    colors, with the backbone's scale and mean folded in.

    Args:
        backbone: Functional Keras model of RGB images `(None, None, 3)` from
            keras.applications, keras-cv, keras-hub or your own.
        gray: str. What the encoder's input is: `"lab"` or `"srgb"`, see
            `SRGBGray`.
        scaling: str. What the backbone expects, as in `preprocess_input` of
            keras.applications: `"none"` (values in [0, 255]), `"tf"`,
            `"torch"` or `"caffe"`.
        features: dict of str. Names of layers by stride, such as
            `{"stride8": "conv3_block4_out"}`. By default the levels of
            `pyramid_outputs` (keras-hub) or `pyramid_level_inputs`
            (keras-cv), or the last layer of each stride.
        name: str. Name of the model.

    Returns:
        A functional model from gray `(B, H, W, 1)` to a dict of feature maps,
        with the backbone's weights.

    Raises:
        ValueError: If the backbone does not begin with scaling, zero padding
            and a convolution, or has no such layer.
    """
    if scaling not in SCALINGS:
        raise ValueError(
            f"scaling is {scaling!r}. Expected one of {tuple(SCALINGS)}."
        )
    if backbone.input_shape != (None, None, None, 3):
        raise ValueError(
            f"The backbone takes images of shape {backbone.input_shape[1:]}. "
            "Expected (None, None, 3): build the backbone with that shape and "
            "without classifier (include_top=False)."
        )
    tensors = _features(backbone, features)
    model = keras.Model(backbone.input, tensors)
    prelude, stem = _beginning(model)
    scale, shift = SCALINGS[scaling]
    # Of values v = scale * gray + shift, the prelude makes slope * v + offset.
    offset = _through(prelude, np.zeros(3))
    slope = _through(prelude, np.ones(3)) - offset
    scale, shift = slope * scale, slope * shift + offset

    inputs = keras.Input((None, None, 1), name="gray")
    x = SRGBGray(gray, name="srgb_gray")(inputs)
    x = layers.Concatenate(name="gray_and_ones")([x, ops.ones_like(x)])
    head = to_config(keras.Model(inputs, x))
    body = to_config(model)
    body["name"] = name
    # The graph of the head, then that of the backbone without its input.
    body["layers"] = head["layers"] + _rewired(
        body["layers"][1:], body["input_layers"][0], head["output_layers"][0]
    )
    body["input_layers"] = head["input_layers"]
    folded = [layer.name for layer in prelude]
    for layer in body["layers"]:
        if layer["name"] in folded:
            layer["class_name"] = "Identity"
            layer["config"] = {"name": layer["name"]}
    encoder = from_config(body)
    for layer in model.layers:
        if layer.weights and layer not in prelude:
            weights = layer.get_weights()
            if layer is stem:
                weights[0] = gray_kernel(weights[0], scale, shift)
            encoder.get_layer(layer.name).set_weights(weights)
    return encoder


def to_config(model):
    """A functional model of plain layers as data, without its weights.

    Raises:
        ValueError: If a layer is not one that `from_config` builds.
    """
    return _checked(model.get_config())


def from_config(config):
    """Builds the functional model of `to_config`, with random weights.

    Only layers of Keras that compute tensors are built. Nothing in the config
    is executed or imported.

    Raises:
        ValueError: If the config has anything else.
    """
    try:
        config = _checked(config)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"The encoder's config is not that of a functional model: "
            f"{error!r}."
        ) from error
    return keras.Model.from_config(config)


def _features(backbone, names):
    """The tensors that a backbone's feature maps are taken from, by stride."""
    if names is None and getattr(backbone, "pyramid_outputs", None):
        return {
            _stride_name(level): tensor
            for level, tensor in backbone.pyramid_outputs.items()
        }
    if names is None and getattr(backbone, "pyramid_level_inputs", None):
        levels = backbone.pyramid_level_inputs
        names = {_stride_name(level): name for level, name in levels.items()}
    if names is None:
        size = 512
        every = {layer.name: layer.output for layer in backbone.layers[1:]}
        shapes = keras.Model(backbone.input, every).compute_output_shape(
            (1, size, size, 3)
        )
        names = {
            f"stride{size // shape[1]}": layer
            for layer in every
            if len(shape := shapes[layer]) == 4
            and 1 < shape[1] < size
            and size % shape[1] == 0
        }
    if not names:
        raise ValueError(
            f"The backbone {backbone.name!r} has no layer whose size is that "
            "of the image divided by a whole number. Name the layers to use, "
            "such as features={'stride8': 'conv3_block4_out'}."
        )
    return {
        stride: backbone.get_layer(layer).output
        for stride, layer in names.items()
    }


def _stride_name(level):
    return f"stride{2 ** int(str(level).removeprefix('P'))}"


def _beginning(model):
    """The layers that scale the image, and the first convolution."""
    prelude, padded = [], False
    for layer in model.operations[1:]:
        if isinstance(layer, (layers.Rescaling, layers.Normalization)):
            if padded:
                break
            prelude.append(layer)
        elif isinstance(layer, layers.ZeroPadding2D):
            padded = True
        elif isinstance(layer, layers.Conv2D):
            return prelude, layer
        else:
            break
    raise ValueError(
        f"The backbone begins with the layer {layer.name!r} "
        f"({type(layer).__name__}). Expected Rescaling or Normalization, then "
        "ZeroPadding2D, if any, then Conv2D."
    )


def _through(prelude, values):
    x = np.reshape(values, (1, 1, 1, 3)).astype("float32")
    for layer in prelude:
        x = layer(x)
    return np.asarray(ops.convert_to_numpy(x), "float64").reshape(3)


def _rewired(value, old, new):
    """A part of a config whose tensors of one layer are those of another."""
    if isinstance(value, list):
        return [_rewired(part, old, new) for part in value]
    if isinstance(value, dict):
        return {
            key: [new, 0, 0]
            if key == "keras_history" and part[0] == old
            else _rewired(part, old, new)
            for key, part in value.items()
        }
    return value


def _checked(config):
    """A functional config reduced to what is allowed in it."""
    return {
        "name": str(config["name"]),
        "trainable": True,
        "layers": [_checked_layer(layer) for layer in config["layers"]],
        "input_layers": config["input_layers"],
        "output_layers": config["output_layers"],
    }


def _checked_layer(layer):
    module, kind = layer["module"], layer["class_name"]
    ours = layer.get("registered_name") == _OURS and kind == "SRGBGray"
    if not ours and kind not in _ALLOWED.get(module, ()):
        raise ValueError(
            f"The encoder has a layer {layer['name']!r} of class {kind!r} from "
            f"{module!r}. Expected layers of Keras that compute one tensor "
            f"from others: {', '.join(_LAYERS)}."
        )
    kept = {
        key: value
        for key, value in layer["config"].items()
        if not key.endswith(_LEFT_OUT)
    }
    nodes = [
        {key: _plain(node[key], layer) for key in ("args", "kwargs")}
        for node in layer["inbound_nodes"]
    ]
    return {
        "module": module,
        "class_name": kind,
        "config": {key: _plain(value, layer) for key, value in kept.items()},
        "registered_name": _OURS if ours else None,
        "name": layer["name"],
        "inbound_nodes": nodes,
    }


def _plain(value, layer):
    """Numbers, strings, tensors of the graph, and lists and dicts of them."""
    if isinstance(value, (list, tuple)):
        return [_plain(part, layer) for part in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, dict) and (
        "class_name" not in value or value["class_name"] == "__keras_tensor__"
    ):
        return {key: _plain(part, layer) for key, part in value.items()}
    raise ValueError(
        f"The layer {layer['name']!r} of the encoder has {value!r} in its "
        "config. Expected numbers, strings and tensors of other layers."
    )
