"""Writing a preset."""

import json
import math
import pathlib
import re
import shutil
import tempfile

import keras
import ml_dtypes
import numpy as np
from huggingface_hub import split_state_dict_into_shards_factory
from keras import ops
from safetensors.numpy import save_file

from keras_colorize._version import __version__
from keras_colorize.presets.files import CARD
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.files import INDEX
from keras_colorize.presets.files import WEIGHTS
from keras_colorize.presets.weights import weights_of

STORAGE_DTYPES = (None, "float32", "float16", "bfloat16")
# The Hub's names: model.safetensors, or model-00001-of-00003.safetensors, ...
_PATTERN = WEIGHTS.replace(".", "{suffix}.")
_SIZE = re.compile(r"(?=.*[1-9])\d+(\.\d+)? ?[KMGT]B")


def save_preset(
    model,
    directory,
    class_name,
    config,
    card,
    dtype=None,
    max_shard_size="5GB",
    pictures=None,
):
    """Writes a preset beside its place, then moves it there.

    Args:
        model: Keras model.
        directory: Path; must not exist, or be an empty directory and no link.
        class_name: str. The model's class.
        config: dict. Its arguments, in JSON's types.
        card: str. The model card, Markdown.
        dtype: str or None. Storage of float weights.
        max_shard_size: int, in bytes, or str such as `"500MB"`. Above it
            weights go to several files.
        pictures: dict or None. Bytes of the card's pictures by file name.
    """
    directory = pathlib.Path(directory)
    split = _split(model, dtype, max_shard_size)
    is_empty = directory.is_dir() and not any(directory.iterdir())
    # A link, even to nothing, cannot be replaced by a directory.
    if directory.is_symlink() or (directory.exists() and not is_empty):
        raise FileExistsError(
            f"{directory} exists already. Choose another place or remove it."
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = pathlib.Path(
        tempfile.mkdtemp(prefix=".keras_colorize-", dir=directory.parent)
    )
    try:
        _write_json(
            partial / CONFIG,
            {
                "class_name": class_name,
                "config": config,
                "keras_colorize_version": __version__,
            },
        )
        (partial / CARD).write_text(card, encoding="utf-8")
        for name, data in (pictures or {}).items():
            (partial / name).write_bytes(data)
        _save_weights(model, partial, split, dtype)
        # mkdtemp and safetensors make theirs private; a preset is shared.
        partial.chmod(0o755)
        for name in split.filename_to_tensors:
            (partial / name).chmod((partial / CONFIG).stat().st_mode)
        partial.replace(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _split(model, dtype, max_shard_size):
    """Which weight goes to which file; checks both arguments."""
    if dtype not in STORAGE_DTYPES:
        raise ValueError(
            f"dtype is {dtype!r}. Expected one of {STORAGE_DTYPES}."
        )
    if isinstance(max_shard_size, str):
        is_size = _SIZE.fullmatch(max_shard_size)
    else:
        is_size = type(max_shard_size) is int and max_shard_size > 0
    if not is_size:
        raise ValueError(
            f"max_shard_size is {max_shard_size!r}. Expected a number of bytes "
            "above 0, or a text such as '500MB' or '5GB'."
        )
    sizes = {
        name: math.prod(variable.shape)
        * _stored_dtype(variable, dtype).itemsize
        for name, variable in weights_of(model).items()
    }
    return split_state_dict_into_shards_factory(
        sizes,
        get_storage_size=lambda size: size,
        filename_pattern=_PATTERN,
        max_shard_size=max_shard_size,
    )


def _save_weights(model, directory, split, dtype):
    """Writes the weights one file at a time; of several, an index too."""
    weights = weights_of(model)
    for file, names in split.filename_to_tensors.items():
        arrays = {name: _stored(name, weights[name], dtype) for name in names}
        save_file(arrays, directory / file, metadata={"format": "np"})
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


def _write_json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
