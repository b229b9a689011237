"""ResNet-101 of stride 8, which conditions PixColor."""

import keras
from keras import layers
from keras import ops

from keras_colorize.encoders.srgb_gray import SRGBGray
from keras_colorize.encoders.weights import SCALINGS
from keras_colorize.encoders.weights import gray_kernel

_EPSILON = 1.001e-5


def resnet101(
    gray="srgb", blocks=(3, 4, 23), filters=64, dilation=2, name="resnet101"
):
    """Returns the ResNet-101 that conditions PixColor, with random weights.

    The first three stages of ResNet-101 (He et al. 2015) on gray photographs.
    The third stage has stride 1 and a dilation, so the output has stride 8
    (Guadarrama et al. 2017, Table 2; the dilation, as in DeepLab, is our
    reading). Layers have the names of `keras.applications.ResNet101`.

    Args:
        gray: str. What the input is: `"lab"` or `"srgb"`, see `SRGBGray`.
        blocks: Tuple of 3 ints. Residual blocks of each stage.
        filters: int. Filters of the first convolution.
        dilation: int. Dilation of the third stage.
        name: str. Name of the model.

    Returns:
        A functional model from gray `(B, H, W, 1)` to a dict of feature maps,
        at the usual 64 filters: `"stride2"` (64 channels), `"stride4"` (256)
        and `"stride8"` (1024).
    """
    inputs = keras.Input((None, None, 1), name="gray")
    x = SRGBGray(gray, name="srgb_gray")(inputs)
    # See `gray_kernel`: the ones carry the mean of pretrained weights.
    x = ops.concatenate([x, ops.ones_like(x)], axis=-1)
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = layers.Conv2D(filters, 7, 2, name="conv1_conv")(x)
    x = _norm_relu(x, "conv1")
    outputs = {"stride2": x}
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, 2, name="pool1_pool")(x)
    stages = zip((2, 3, 4), blocks, (1, 2, 1), (1, 1, dilation))
    for stage, count, strides, rate in stages:
        width = filters * 2 ** (stage - 2)
        for i in range(1, count + 1):
            prefix = f"conv{stage}_block{i}"
            x = _block(x, width, strides if i == 1 else 1, rate, prefix, i == 1)
        outputs["stride4" if stage == 2 else "stride8"] = x
    return keras.Model(inputs, outputs, name=name)


def convert_resnet101(rgb, encoder):
    """Loads the weights of a ResNet-101 that saw RGB into `resnet101`.

    Args:
        rgb: Model `keras.applications.ResNet101`, with weights.
        encoder: Model of `resnet101`, which gets the weights.
    """
    for layer in encoder.layers:
        if not layer.weights:
            continue
        weights = rgb.get_layer(layer.name).get_weights()
        if layer.name == "conv1_conv":
            weights[0] = gray_kernel(weights[0], *SCALINGS["caffe"])
        layer.set_weights(weights)


def _norm_relu(x, prefix, activation=True):
    x = layers.BatchNormalization(epsilon=_EPSILON, name=f"{prefix}_bn")(x)
    return layers.ReLU(name=f"{prefix}_relu")(x) if activation else x


def _block(x, filters, strides, dilation, prefix, projected):
    """A bottleneck block: 1x1, 3x3, 1x1 and the shortcut."""
    shortcut = x
    if projected:
        shortcut = layers.Conv2D(
            4 * filters, 1, strides, name=f"{prefix}_0_conv"
        )(x)
        shortcut = _norm_relu(shortcut, f"{prefix}_0", activation=False)
    x = layers.Conv2D(filters, 1, strides, name=f"{prefix}_1_conv")(x)
    x = _norm_relu(x, f"{prefix}_1")
    x = layers.Conv2D(
        filters,
        3,
        padding="same",
        dilation_rate=dilation,
        name=f"{prefix}_2_conv",
    )(x)
    x = _norm_relu(x, f"{prefix}_2")
    x = layers.Conv2D(4 * filters, 1, name=f"{prefix}_3_conv")(x)
    x = _norm_relu(x, f"{prefix}_3", activation=False)
    x = layers.Add(name=f"{prefix}_add")([shortcut, x])
    return layers.ReLU(name=f"{prefix}_out")(x)
