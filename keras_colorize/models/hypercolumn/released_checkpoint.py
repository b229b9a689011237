"""Converts the weights that Larsson et al. (2016) released."""

import contextlib
import math
import pathlib

import keras
import numpy as np

from keras_colorize.models.hypercolumn.hypercolumn_colorizer import (
    ColorizerHypercolumn,
)
from keras_colorize.models.hypercolumn.released_card import released_card
from keras_colorize.presets.saving import check_new
from keras_colorize.presets.shape_check import shape_check

# The released program, where it differs from the paper.
_DIFFERENCES = {
    "image_size": 512,
    "border": "zeros",
    "pad_to_square": True,
    "antialias": False,
    "released_readouts": True,
}
# The feature map of each layer of VGG-16-Gray, in the order of the hypercolumn.
# The gray image is before them.
_MAPS = {
    f"conv{block}_{i}": f"stride{2 ** (block - 1)}_conv{block}_{i}"
    for block, count in enumerate((2, 2, 3, 3, 3), 1)
    for i in range(1, count + 1)
} | {"fc6": "stride32_fc6", "fc7": "stride32_fc7"}
_HEADS = ("prediction_h", "prediction_c")
# Their weights are matrices in some revisions of the file.
_DENSE = ("fc6", "fc7", "h_fc1", *_HEADS)


def convert_checkpoint(path, preset=None, width=1.0):
    """Converts `autocolorize.caffemodel.h5` of Larsson et al. to a model.

    The model is the released network, VGG-16-Gray with hypercolumns. It works
    as the released program: see `border`, `pad_to_square`, `antialias` and
    `released_readouts` of `ColorizerHypercolumn`. Every revision of the file
    can be converted. Only the 18 layers that have weights are read, and
    nothing in the file is executed.

    Args:
        path: str or path. The HDF5 file.
        preset: str, path or None. The directory of a preset to write, with a
            model card. It must not exist yet.
        width: float. Multiplies the filters of every layer but the heads, for
            weights of a narrower network.

    Returns:
        A `ColorizerHypercolumn`.

    Raises:
        FileNotFoundError: If there is no file.
        FileExistsError: If `preset` exists.
        ValueError: If the file is not HDF5 or is damaged; if a layer is
            missing or has another shape or dtype, or a value that is not
            finite. Only values are checked after memory is taken for the
            model.

    Example:

    ```python
    from keras_colorize.models import hypercolumn

    model = hypercolumn.convert_checkpoint("autocolorize.caffemodel.h5")
    colored = model.generate("photo.jpg", gamut="clip")
    ```
    """
    if preset is not None:
        check_new(preset)
    config = {
        "encoder": {"name": "vgg16_gray", "gray": "srgb", "width": width},
        "distribution": "hue_chroma",
        "filters": max(1, int(1024 * width)),
        **_DIFFERENCES,
    }
    with _opened(path) as file:
        datasets = _checked_datasets(path, file, _shapes(config, path))
        model = ColorizerHypercolumn(**config)
        _load(model, lambda layer: _read(path, *datasets[layer]))
    if preset is not None:
        model.save_to_preset(preset, card=released_card(path))
    return model


def _shapes(config, path):
    """The shapes (out, in, height, width) of the weights of each layer."""
    policy = keras.config.dtype_policy()
    ours = shape_check(ColorizerHypercolumn, config, policy, path)
    shapes = {}
    for layer in _MAPS:
        *size, inputs, outputs = ours[f"{layer}/kernel"].shape
        shapes[layer] = (outputs, inputs, *size)
    inputs = 1 + sum(shape[0] for shape in shapes.values())
    shapes["h_fc1"] = (config["filters"], inputs, 1, 1)
    for layer in _HEADS:
        shapes[layer] = (32, config["filters"], 1, 1)
    return shapes


@contextlib.contextmanager
def _opened(path):
    import h5py

    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(
            f"There is no file {path}. Expected the HDF5 file that the "
            "program autocolorize downloads: autocolorize.caffemodel.h5."
        )
    if not h5py.is_hdf5(path):
        raise ValueError(
            f"{path} is not an HDF5 file. Expected autocolorize.caffemodel.h5. "
            "A file that ends in .caffemodel alone has another format."
        )
    try:
        with h5py.File(path, "r") as file:
            yield file
    except PermissionError:
        raise
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read: {error}. It is damaged: fetch it again."
        ) from error


def _checked_datasets(path, file, shapes):
    """The weights and the bias of each layer, not read yet."""
    import h5py

    datasets = {
        layer: [file.get(f"data/{layer}/{i}") for i in (0, 1)]
        for layer in shapes
    }
    missing = [
        layer
        for layer, pair in datasets.items()
        if not all(isinstance(item, h5py.Dataset) for item in pair)
    ]
    if missing:
        raise ValueError(
            f"{path} has no weights or no bias of {', '.join(missing)}. "
            "Expected autocolorize.caffemodel.h5, with /data/<layer>/0 and "
            f"/data/<layer>/1 of {', '.join(shapes)}."
        )
    for layer, shape in shapes.items():
        allowed = [shape]
        if layer in _DENSE:
            allowed.append((shape[0], math.prod(shape[1:])))
        weights, bias = datasets[layer]
        _check(path, file, weights, allowed)
        _check(path, file, bias, [shape[:1]])
    return {layer: (*datasets[layer], shapes[layer]) for layer in shapes}


def _check(path, file, dataset, shapes):
    if dataset.shape not in shapes or dataset.dtype != "float32":
        raise ValueError(
            f"{dataset.name} of {path} has the shape {dataset.shape} and the "
            f"dtype {dataset.dtype}. Expected {' or '.join(map(str, shapes))} "
            "and float32. For a narrower network, pass width."
        )
    # HDF5 can show the bytes of any file as values.
    own = dataset.file.filename == file.filename
    if not own or dataset.external or dataset.is_virtual:
        raise ValueError(
            f"{dataset.name} of {path} is refused: its values are in another "
            "file. Expected a file that holds all its values."
        )


def _read(path, weights, bias, shape):
    """The weights (out, in, height, width) and the bias (out,) of a layer."""
    arrays = weights[()].reshape(shape), bias[()]
    for dataset, array in zip((weights, bias), arrays):
        if not np.isfinite(array).all():
            raise ValueError(
                f"{dataset.name} of {path} has values that are not finite. "
                "The file is damaged: fetch it again."
            )
    return arrays


def _load(model, read):
    """Gives a model its weights, by a function from a layer's name."""
    for layer in _MAPS:
        weights, bias = read(layer)
        kernel = weights.transpose(2, 3, 1, 0)
        model.encoder.get_layer(layer).set_weights([kernel, bias])

    weights, bias = read("h_fc1")
    kernel = weights[..., 0, 0].T
    slices = model.hypercolumn.slices
    # The program's gray v is in [0, 1], ours is 2 v - 1.
    gray = kernel[:1] / 2
    slices["gray"].set_weights([gray, bias + gray[0]])
    start = 1
    for name in _MAPS.values():
        end = start + slices[name].kernel.shape[0]
        slices[name].set_weights([kernel[start:end]])
        start = end

    pairs = [read(layer) for layer in _HEADS]
    kernel, bias = (np.concatenate(arrays) for arrays in zip(*pairs))
    model.logits.set_weights([kernel[..., 0, 0].T, bias])
