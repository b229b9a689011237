"""Converts the weights that Zhang et al. (2016) released."""

import math
import pathlib
import re

import numpy as np

from keras_colorize import encoders
from keras_colorize.color.cic_bins import CENTERS
from keras_colorize.encoders.cic import caffe_norm
from keras_colorize.encoders.weights import check_names
from keras_colorize.encoders.weights import read_pth
from keras_colorize.models.cic.cic_colorizer import ColorizerCIC
from keras_colorize.presets.saving import check_new

# 1 / 2.606, which the released program multiplies logits with.
_ANNEALING = math.log(10.0) / 6.0
# The program's a and b are 110 times the output of the last layer.
_OUTPUT_SCALE = 110.0
_OUTPUT = "model_out.weight"
# The weights of the layers after the encoder.
_CONVOLUTIONS = ("conv8_1", "conv8_2", "conv8_3", "conv8_313")
_TORCH_NAMES = {
    "conv7_3norm": [
        f"model7.6.{part}"
        for part in ("weight", "bias", "running_mean", "running_var")
    ],
    **{
        layer: [f"model8.{2 * i}.{part}" for part in ("weight", "bias")]
        for i, layer in enumerate(_CONVOLUTIONS)
    },
    "class8_ab": [_OUTPUT],
}
_CAFFE_NAMES = {
    "conv7_3norm": [f"conv7_3norm/{i}" for i in range(3)],
    **{layer: [f"{layer}/{i}" for i in (0, 1)] for layer in _CONVOLUTIONS},
}
# In Caffe models: the factor 2.606, and the centers of the bins.
_UNUSED = ("conv8_313_rh/", "class8_ab/")


def convert_checkpoint(path, preset=None):
    """Converts the weights of Zhang et al. to a model.

    The file is that of the authors' PyTorch model `eccv16`
    (`colorization_release_v2-9b330a0b.pth`), or of their Caffe program
    (`.caffemodel`). The width of the network is taken from the file. Files
    are read as data: nothing in them is executed.

    The model has the released temperature, 1 / 2.606, as `annealing`. The
    PyTorch file has it in its logits, and its last layer must hold the centers
    of the 313 bins. The Caffe program multiplies the logits by 2.606, and
    fills the last layer (`class8_ab`) itself, so both are not read.

    Pictures are not the program's to the last bit: the program squeezes
    photographs to a square, and enlarges chroma bilinearly.

    Args:
        path: str or path. The `.pth` or `.caffemodel` file.
        preset: str, path or None. The directory of a preset to write, with a
            model card. It must not exist yet.

    Returns:
        A `ColorizerCIC`.

    Raises:
        FileNotFoundError: If there is no file.
        FileExistsError: If `preset` exists.
        ImportError: If PyTorch, or for a Caffe model protobuf, is not
            installed.
        ValueError: If the file is damaged or has another network: a weight is
            missing or unknown, has another shape, or a value that is not
            finite; or the bins are others.

    Example:

    ```python
    from keras_colorize.models import cic

    model = cic.convert_checkpoint("colorization_release_v2-9b330a0b.pth")
    colored = model.generate("photo.jpg")
    ```
    """
    if preset is not None:
        check_new(preset)
    is_caffe = pathlib.Path(path).suffix == ".caffemodel"
    state = (encoders.read_caffemodel if is_caffe else read_pth)(path)
    names = _CAFFE_NAMES if is_caffe else _TORCH_NAMES
    _check(path, state, names)
    if not is_caffe:
        _check_bins(path, state)
    width = len(state[names["conv8_1"][1]]) / 256
    model = ColorizerCIC(width=width, annealing=_ANNEALING)
    try:
        _load(model, state, names, 1.0 if is_caffe else _ANNEALING)
    except ValueError as error:
        raise ValueError(
            f"{path} holds the weights of another network. {error}"
        ) from error
    if preset is not None:
        model.save_to_preset(preset, card=_card(path))
    return model


def _check(path, state, names):
    # `convert_cic` checks the names of the others.
    encoder = re.compile(r"model[1-7]\..*|(bw_)?conv[1-7]_.*")
    expected = [name for parts in names.values() for name in parts]
    found = [
        name
        for name in state
        if name in expected
        or not (encoder.fullmatch(name) or name.startswith(_UNUSED))
    ]
    check_names(found, expected, path)
    for name, array in state.items():
        if not np.isfinite(array).all():
            raise ValueError(
                f"{name} of {path} has values that are not finite. The file "
                "is damaged: fetch it again."
            )


def _check_bins(path, state):
    bins = _OUTPUT_SCALE * state[_OUTPUT]
    expected = CENTERS.T[..., None, None]
    if bins.shape != expected.shape or np.abs(bins - expected).max() > 0.5:
        raise ValueError(
            f"{_OUTPUT} of {path} has the shape {bins.shape}, or is not the "
            f"centers of the bins over {_OUTPUT_SCALE:.0f}. Expected "
            f"{expected.shape} and the centers of "
            "keras_colorize.color.cic_bins.CENTERS."
        )


def _load(model, state, names, scale):
    """Loads weights; `scale` multiplies the logits."""
    encoders.convert_cic(state, model.encoder)
    for layer, parts in names.items():
        arrays = [state[part] for part in parts]
        if layer == "conv7_3norm":
            if len(arrays) == 3:
                arrays = caffe_norm(*arrays)
        else:
            # Of a transposed convolution, the first two axes are swapped in
            # both.
            arrays[0] = arrays[0].transpose(2, 3, 1, 0)
        if layer == "conv8_313":
            arrays = [scale * array for array in arrays]
        if layer != "class8_ab":
            model.network.get_layer(layer).set_weights(arrays)


def _card(path):
    return {
        "description": (
            "CIC (Zhang, Isola, Efros: *Colorful Image Colorization*, ECCV "
            "2016, [arXiv 1603.08511](https://arxiv.org/abs/1603.08511)) with "
            "the weights of the authors' program [colorization]"
            "(https://github.com/richzhang/colorization)."
        ),
        "datasets": ["imagenet-1k"],
        "training_data": (
            "The 1.3 million training images of ILSVRC 2012 (ImageNet), which "
            "have their own terms."
        ),
        "recipe": {
            "converted from": f"`{pathlib.Path(path).name}`",
            "measured": "these weights have not been measured again",
        },
    }
