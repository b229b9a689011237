"""VGG-16-Gray of Larsson et al. (2016)."""

import keras
import numpy as np
from keras import layers

from keras_colorize.encoders.srgb_gray import SRGBGray
from keras_colorize.encoders.weights import SCALINGS

_CONVOLUTIONS = (2, 2, 3, 3, 3)
_CHANNELS = (64, 128, 256, 512, 512)
_FULLY_CONNECTED = 4096


def vgg16_gray(gray="srgb", width=1.0, dropout=0.5, name="vgg16_gray"):
    """Returns VGG-16-Gray (Larsson et al. 2016), with random weights.

    VGG-16 on one channel, without fc8. fc6 and fc7 are convolutions, so the
    network takes photographs of any size.

    Args:
        gray: str. What the input is: `"lab"` or `"srgb"`, see `SRGBGray`.
        width: float. Multiplies the channels of every layer.
        dropout: float. Rate of dropout after fc6 and fc7, in training.
        name: str. Name of the model.

    Returns:
        A functional model from gray `(B, H, W, 1)` to a dict of feature maps,
        one for each layer after its ReLU: `"stride1_conv1_1"` to
        `"stride16_conv5_3"`, `"stride32_fc6"` and `"stride32_fc7"`.
    """

    def convolution(x, channels, kernel_size, layer):
        x = layers.Conv2D(
            max(1, int(channels * width)),
            kernel_size,
            padding="same",
            activation="relu",
            name=layer,
        )(x)
        outputs[f"stride{stride}_{layer}"] = x
        return x

    inputs = keras.Input((None, None, 1), name="gray")
    outputs, stride = {}, 1
    x = SRGBGray(gray, name="srgb_gray")(inputs)
    x = layers.Rescaling(0.5, 0.5, name="rescaling")(x)
    for block, (count, channels) in enumerate(zip(_CONVOLUTIONS, _CHANNELS), 1):
        for i in range(1, count + 1):
            x = convolution(x, channels, 3, f"conv{block}_{i}")
        x = layers.MaxPooling2D(2, padding="same", name=f"pool{block}")(x)
        stride *= 2
    x = convolution(x, _FULLY_CONNECTED, 7, "fc6")
    x = layers.Dropout(dropout, name="dropout6")(x)
    convolution(x, _FULLY_CONNECTED, 1, "fc7")
    outputs["stride32_fc7"] = layers.Dropout(dropout, name="dropout7")(
        outputs["stride32_fc7"]
    )
    return keras.Model(inputs, outputs, name=name)


def convert_vgg16(rgb, encoder):
    """Loads the weights of a VGG-16 that saw RGB into `vgg16_gray`.

    The first kernel is summed over colors, with scale and mean folded in. The
    features are those of the gray photograph as RGB, but for a border of one
    pixel in the first layer.

    Args:
        rgb: Model `keras.applications.VGG16(include_top=True)`, with weights.
        encoder: Model of `vgg16_gray` of width 1, which gets the weights.
    """
    scale, shift = SCALINGS["caffe"]
    for layer in encoder.layers:
        if not isinstance(layer, layers.Conv2D):
            continue
        kernel, bias = rgb.get_layer(_rgb_name(layer.name)).get_weights()
        if layer.name == "conv1_1":
            # The layer sees v in [0, 1]; the scaling is of gray = 2 v - 1.
            bias = bias + np.einsum("hwcf,c->f", kernel, shift - scale)
            kernel = np.einsum("hwcf,c->hwf", kernel, 2 * scale)
        layer.set_weights([kernel.reshape(layer.kernel.shape), bias])


def balance_vgg16_gray(encoder, gray):
    """Scales every layer so that its mean squared activation is 1.

    Each layer makes up for the scale of the layer before, so the network
    computes the same features up to one factor a map (Larsson et al. 2016).

    Args:
        encoder: Model of `vgg16_gray`. Its weights are changed.
        gray: Array (B, H, W, 1). Gray photographs as the encoder takes them.
    """
    before = 1.0
    features = encoder(gray, training=False)
    squares = {
        name.split("_", 1)[1]: float(
            np.mean(np.square(keras.ops.convert_to_numpy(values)))
        )
        for name, values in features.items()
    }
    dead = [name for name, square in squares.items() if square == 0.0]
    if dead:
        raise ValueError(
            f"The layers {dead} are 0 on every photograph given. Expected "
            "photographs on which each layer is active."
        )
    for layer in encoder.layers:
        if isinstance(layer, layers.Conv2D):
            factor = squares[layer.name] ** -0.5
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * (factor / before), bias * factor])
            before = factor


def _rgb_name(name):
    if name.startswith("fc"):
        return {"fc6": "fc1", "fc7": "fc2"}[name]
    block, i = name.removeprefix("conv").split("_")
    return f"block{block}_conv{i}"
