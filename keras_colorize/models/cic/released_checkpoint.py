"""Converts the weights that Zhang et al. (2016) released."""

import math
import pathlib

import numpy as np

from keras_colorize import encoders
from keras_colorize.color.cic_bins import CENTERS
from keras_colorize.encoders.weights import check_names
from keras_colorize.encoders.weights import read_pth
from keras_colorize.models.cic.cic_colorizer import ColorizerCIC
from keras_colorize.presets.saving import check_new

# 1 / 2.606, which the released program multiplies logits with.
_ANNEALING = math.log(10.0) / 6.0
# The program's a and b are 110 times the output of the last layer.
_OUTPUT_SCALE = 110.0
# The layers after the encoder.
_CONVOLUTIONS = {
    "conv8_1": "model8.0",
    "conv8_2": "model8.2",
    "conv8_3": "model8.4",
    "conv8_313": "model8.6",
}
_NORM = [
    f"model7.6.{part}"
    for part in ("weight", "bias", "running_mean", "running_var")
]
_OUTPUT = "model_out.weight"


def convert_checkpoint(path, preset=None):
    """Converts the PyTorch weights of Zhang et al. to a model.

    The file is that of the authors' model `eccv16`
    (`colorization_release_v2-9b330a0b.pth`). The width of the network is taken
    from the file. PyTorch reads the file as data: nothing in it is executed.
    A Caffe model (`.caffemodel`) is not read.

    The file has the released temperature, 1 / 2.606, in its logits. The model
    has this temperature as `annealing`. The last layer of the file must hold
    the centers of the 313 bins.

    Pictures are not the program's to the last bit: the program squeezes
    photographs to a square, and enlarges chroma bilinearly.

    Args:
        path: str or path. The `.pth` file.
        preset: str, path or None. The directory of a preset to write, with a
            model card. It must not exist yet.

    Returns:
        A `ColorizerCIC`.

    Raises:
        FileNotFoundError: If there is no file.
        FileExistsError: If `preset` exists.
        ImportError: If PyTorch is not installed.
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
    if pathlib.Path(path).suffix == ".caffemodel":
        raise ValueError(
            f"{path} is a Caffe model, which is not read. Expected the .pth "
            "file of the authors' PyTorch program."
        )
    state = read_pth(path)
    _check(path, state)
    model = ColorizerCIC(
        width=len(state["model7.6.bias"]) / 512, annealing=_ANNEALING
    )
    try:
        _load(model, state)
    except ValueError as error:
        raise ValueError(
            f"{path} holds the weights of another network. {error}"
        ) from error
    if preset is not None:
        model.save_to_preset(preset, card=_card(path))
    return model


def _check(path, state):
    convolutions = [
        f"{module}.{part}"
        for module in _CONVOLUTIONS.values()
        for part in ("weight", "bias")
    ]
    # `convert_cic` checks the names of the others.
    encoder = tuple(f"model{block}." for block in range(1, 8))
    found = [
        name
        for name in state
        if name.startswith("model7.6.") or not name.startswith(encoder)
    ]
    found = [name for name in found if not name.endswith("_tracked")]
    check_names(found, [*_NORM, *convolutions, _OUTPUT], path)
    for name, array in state.items():
        if not np.isfinite(array).all():
            raise ValueError(
                f"{name} of {path} has values that are not finite. The file "
                "is damaged: fetch it again."
            )
    bins = _OUTPUT_SCALE * state[_OUTPUT]
    expected = CENTERS.T[..., None, None]
    if bins.shape != expected.shape or np.abs(bins - expected).max() > 0.5:
        raise ValueError(
            f"{_OUTPUT} of {path} has the shape {bins.shape}, or is not the "
            f"centers of the bins over {_OUTPUT_SCALE:.0f}. Expected "
            f"{expected.shape} and the centers of "
            "keras_colorize.color.cic_bins.CENTERS."
        )


def _load(model, state):
    encoders.convert_cic(state, model.encoder)
    norm = model.network.get_layer("conv7_3norm")
    norm.set_weights([state[name] for name in _NORM])
    for layer, module in _CONVOLUTIONS.items():
        # Of a transposed convolution, the first two axes are swapped in both.
        kernel = state[f"{module}.weight"].transpose(2, 3, 1, 0)
        bias = state[f"{module}.bias"]
        if layer == "conv8_313":
            kernel, bias = _ANNEALING * kernel, _ANNEALING * bias
        model.network.get_layer(layer).set_weights([kernel, bias])


def _card(path):
    return {
        "description": (
            "CIC (Zhang, Isola, Efros: *Colorful Image Colorization*, ECCV "
            "2016, [arXiv 1603.08511](https://arxiv.org/abs/1603.08511)) with "
            "the weights of the authors' PyTorch program [colorization]"
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
