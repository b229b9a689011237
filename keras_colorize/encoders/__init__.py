"""Encoders: what looks at the gray photograph.

An encoder is a functional Keras model from normalized gray `(B, H, W, 1)` to a
dict of feature maps named by stride: `"stride8"`, or `"stride8_<layer>"` where
a stride has several. Encoders take photographs of any size.
"""

import inspect

import keras

from keras_colorize.encoders import backbone as _backbone
from keras_colorize.encoders.backbone import gray_backbone as gray_backbone
from keras_colorize.encoders.caffe_model import (
    read_caffemodel as read_caffemodel,
)
from keras_colorize.encoders.cic import cic as cic
from keras_colorize.encoders.cic import convert_cic as convert_cic
from keras_colorize.encoders.efficientnet_lite0 import (
    convert_efficientnet_lite0 as convert_efficientnet_lite0,
)
from keras_colorize.encoders.efficientnet_lite0 import (
    efficientnet_lite0 as efficientnet_lite0,
)
from keras_colorize.encoders.load_weights import load_weights as load_weights
from keras_colorize.encoders.pic import pic as pic
from keras_colorize.encoders.resnet101 import (
    convert_resnet101 as convert_resnet101,
)
from keras_colorize.encoders.resnet101 import resnet101 as resnet101
from keras_colorize.encoders.srgb_gray import SRGBGray as SRGBGray
from keras_colorize.encoders.vgg16_gray import (
    balance_vgg16_gray as balance_vgg16_gray,
)
from keras_colorize.encoders.vgg16_gray import convert_vgg16 as convert_vgg16
from keras_colorize.encoders.vgg16_gray import vgg16_gray as vgg16_gray

ENCODERS = {
    "cic": cic,
    "efficientnet_lite0": efficientnet_lite0,
    "pic": pic,
    "resnet101": resnet101,
    "vgg16_gray": vgg16_gray,
}


def get(encoder, trainable=True):
    """Returns an encoder by name, from a config, or as given.

    Args:
        encoder: str, dict or Keras model. The name of a built-in encoder:
            `"cic"`, `"efficientnet_lite0"`, `"pic"`, `"resnet101"` or
            `"vgg16_gray"`; a dict of `"name"` and arguments of that encoder's
            function; the config that `serialize` returns; or an encoder.
        trainable: bool. False freezes the encoder: its weights stay as they
            are, and batch normalization uses its moving averages.

    Returns:
        A functional model. A model that was given is returned itself.

    Raises:
        ValueError: If there is no such encoder.
    """
    if isinstance(encoder, keras.Model):
        _check_outputs(encoder)
    elif isinstance(encoder, dict) and "layers" in encoder:
        encoder = _backbone.from_config(encoder)
        _check_outputs(encoder)
    else:
        encoder = _built_in(encoder)
    encoder.trainable = trainable
    return encoder


def serialize(encoder):
    """An encoder as data, for a model's config: what `get` builds it from.

    Args:
        encoder: str, dict or Keras model, as for `get`.

    Returns:
        The name or dict that was given, or a dict of a model's layers.

    Raises:
        ValueError: If the model has other layers than those of Keras.
    """
    if isinstance(encoder, keras.Model):
        _check_outputs(encoder)
        return _backbone.to_config(encoder)
    return encoder


def stride(name):
    """The stride of a feature map, of its name: `"stride8_conv4_1"` is 8."""
    return int(name.removeprefix("stride").split("_")[0])


def _built_in(encoder):
    arguments = (
        dict(encoder) if isinstance(encoder, dict) else {"name": encoder}
    )
    name = arguments.pop("name", None)
    if name not in ENCODERS:
        raise ValueError(
            f"There is no encoder {name!r}. Expected one of "
            f"{', '.join(ENCODERS)}, a dict of such a name and arguments, or "
            "a Keras model that `encoders.gray_backbone` returns."
        )
    allowed = set(inspect.signature(ENCODERS[name]).parameters) - {"name"}
    unknown = sorted(set(arguments) - allowed)
    if unknown:
        raise ValueError(
            f"The encoder {name!r} has no argument {unknown[0]!r}. Expected "
            f"{', '.join(sorted(allowed))}."
        )
    return ENCODERS[name](**arguments)


def _check_outputs(encoder):
    outputs = getattr(encoder, "output", None)
    if (
        encoder.input_shape != (None, None, None, 1)
        or not isinstance(outputs, dict)
        or not all(name.startswith("stride") for name in outputs)
    ):
        raise ValueError(
            f"The model {encoder.name!r} is not an encoder. Expected a "
            "functional model from (None, None, 1) to a dict of feature maps "
            "named 'stride8' and so on. For a backbone of RGB images, call "
            "`encoders.gray_backbone(backbone)`."
        )
