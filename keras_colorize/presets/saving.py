"""From models to presets."""

import json
import math
import os
import pathlib
import re
import shutil
import uuid

import keras
import ml_dtypes
import numpy as np
from huggingface_hub import split_state_dict_into_shards_factory
from keras import ops
from PIL import Image
from safetensors.numpy import save_file

from keras_colorize._version import __version__
from keras_colorize.presets.card import SHEET
from keras_colorize.presets.card import model_card
from keras_colorize.presets.card_facts import card_facts
from keras_colorize.presets.config import config_of
from keras_colorize.presets.files import CARD
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.files import INDEX
from keras_colorize.presets.files import WEIGHTS
from keras_colorize.presets.registry import registered_name
from keras_colorize.presets.shape_check import weights_of

_DTYPES = (None, "float32", "float16", "bfloat16")
# The Hub's names: model.safetensors, or model-00001-of-00003.safetensors, ...
_PATTERN = WEIGHTS.replace(".", "{suffix}.")
_SIZE = re.compile(r"(?=.*[1-9])\d+(\.\d+)? ?[KMGT]B")


def save_preset(model, path, dtype=None, max_shard_size="5GB", card=None):
    """See `Colorizer.save_to_preset`."""
    directory = pathlib.Path(path)
    class_name, config = registered_name(type(model)), config_of(model)
    facts = card_facts(card)
    weights = weights_of(model)
    split = _split(weights, dtype, max_shard_size)
    sheet = None if facts.sheet is None else _picture(facts.sheet)
    name = directory.absolute().name
    text = model_card(model, class_name, config, facts, name, dtype)
    check_new(directory)
    partial = directory.parent / f".keras_colorize-{uuid.uuid4().hex}"
    partial.mkdir(parents=True)
    try:
        _write_json(
            partial / CONFIG,
            {
                "class_name": class_name,
                "config": config,
                "keras_colorize_version": __version__,
            },
        )
        (partial / CARD).write_text(text, encoding="utf-8")
        if sheet is not None:
            sheet.save(partial / SHEET)
        _save_weights(weights, partial, split, dtype)
        partial.replace(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def check_new(path):
    """Raises FileExistsError if a path is no place for a new preset."""
    directory = pathlib.Path(path)
    is_empty = directory.is_dir() and not any(directory.iterdir())
    # A link, even to nothing, cannot be replaced by a directory.
    if directory.is_symlink() or (directory.exists() and not is_empty):
        raise FileExistsError(
            f"{directory} exists already. Choose another place or remove it."
        )


def _split(weights, dtype, max_shard_size):
    """Which weight goes to which file; checks both arguments."""
    if dtype not in _DTYPES:
        raise ValueError(f"dtype is {dtype!r}. Expected one of {_DTYPES}.")
    if isinstance(max_shard_size, str):
        is_size = _SIZE.fullmatch(max_shard_size)
    else:
        is_size = type(max_shard_size) is int and max_shard_size > 0
    if not is_size:
        raise ValueError(
            f"max_shard_size is {max_shard_size!r}. Expected a number of bytes "
            "above 0, or a text such as '500MB' or '5GB'."
        )
    return split_state_dict_into_shards_factory(
        {
            name: math.prod(variable.shape)
            * _stored_dtype(variable, dtype).itemsize
            for name, variable in weights.items()
        },
        get_storage_size=lambda size: size,
        filename_pattern=_PATTERN,
        max_shard_size=max_shard_size,
    )


def _save_weights(weights, directory, split, dtype):
    """Writes the weights one file at a time; of several, an index too."""
    mode = (directory / CONFIG).stat().st_mode
    for file, names in split.filename_to_tensors.items():
        arrays = {name: _stored(name, weights[name], dtype) for name in names}
        save_file(arrays, directory / file, metadata={"format": "np"})
        # safetensors lets only the owner read it.
        (directory / file).chmod(mode)
    if split.is_sharded:
        index = {
            "metadata": split.metadata,
            "weight_map": split.tensor_to_filename,
        }
        _write_json(directory / INDEX, index)


def _stored(name, variable, dtype):
    """The values of a weight as they are stored."""
    array = np.asarray(ops.convert_to_numpy(variable.value))
    with np.errstate(over="ignore"):
        stored = array.astype(_stored_dtype(variable, dtype))
    overflows = np.isinf(stored.astype("float32")) & ~np.isinf(array)
    if overflows.any():
        raise ValueError(
            f"The weight {name} has values that {dtype} cannot hold. Save it "
            "as float32."
        )
    return stored


def _stored_dtype(variable, dtype):
    own = keras.backend.standardize_dtype(variable.dtype)
    name = dtype if dtype and keras.backend.is_float_dtype(own) else own
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def _picture(sheet):
    """The card's sheet as a PIL image."""
    if isinstance(sheet, Image.Image):
        return sheet
    if isinstance(sheet, (str, os.PathLike)):
        with Image.open(sheet) as picture:
            return picture.convert("RGB")
    pixels = np.asarray(sheet)
    if pixels.dtype.kind == "f":
        pixels = np.rint(pixels * 255).astype("uint8")
    if pixels.ndim != 3 or pixels.shape[-1] != 3 or pixels.dtype != "uint8":
        raise ValueError(
            f"The card's sheet has shape {pixels.shape} and dtype "
            f"{pixels.dtype}. Expected one picture (H, W, 3), uint8 or float "
            "in [0, 1]: keras_colorize.images.contact_sheet makes one of "
            "several pictures."
        )
    return Image.fromarray(pixels)


def _write_json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
