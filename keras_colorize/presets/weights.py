"""The tensors of a preset, each of them accounted for."""

import contextlib
import re
import sys
import typing
import warnings

import keras
import numpy as np
import safetensors

from keras_colorize.presets.files import INDEX
from keras_colorize.presets.files import WEIGHTS
from keras_colorize.presets.files import read_json

_SHARD = re.compile(r"model-[0-9]{5}-of-[0-9]{5}\.safetensors")
_FLOATS = ("F16", "BF16", "F32", "F64")


class Tensor(typing.NamedTuple):
    """A tensor that a file holds."""

    path: object
    dtype: str  # in safetensors' words, such as "F32"
    shape: tuple


def find_weights(files):
    """Finds the tensors of a preset, in one file or several.

    Only headers are read; safetensors checks that a file holds what its header
    claims. Each file that an index names must hold just what the index says.

    Args:
        files: `DirectoryFiles` or `HubFiles`.

    Returns:
        dict of `Tensor` by name.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is damaged or not what the index says.
    """
    path = files.first_of(WEIGHTS, INDEX)
    if path.name != INDEX:
        return _read_header(path)
    weight_map = read_json(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ValueError(
            f"{path} is no index: expected an object 'weight_map' that gives "
            "the file of each weight."
        )
    shards = {}
    for name, shard in weight_map.items():
        if not isinstance(shard, str) or not _SHARD.fullmatch(shard):
            raise ValueError(
                f"{path} has the weight {name!a:.80} in the file "
                f"{shard!a:.80}. Expected a name such as "
                "'model-00001-of-00002.safetensors', beside the index."
            )
        shards.setdefault(shard, set()).add(name)
    tensors = {}
    for shard, names in sorted(shards.items()):
        path = files.first_of(shard)
        found = _read_header(path)
        _check_names(path, names, set(found))
        tensors |= found
    return tensors


def check_weights(weights, tensors, files):
    """Checks that tensors are the weights of a model, one to one.

    Args:
        weights: dict of variables by name, of which shape and dtype are used.
        tensors: dict of `Tensor` by name.
        files: What to call the preset in errors.
    """
    _check_names(files, set(weights), set(tensors))
    for name, variable in weights.items():
        tensor = tensors[name]
        if tensor.shape != tuple(variable.shape):
            raise ValueError(
                f"The weight {name} in {tensor.path} has shape {tensor.shape}."
                f" Expected {tuple(variable.shape)}."
            )
        expected = _dtypes_for(variable)
        if tensor.dtype not in expected:
            raise ValueError(
                f"The weight {name} in {tensor.path} has dtype {tensor.dtype}."
                f" Expected one of {', '.join(expected)}."
            )


def load_weights(weights, tensors):
    """Sets the weights of a model, once `check_weights` found that they fit.

    Values that are not finite are loaded with a warning: training may have
    failed, but it is the author's model.
    """
    broken, too_large = [], []
    for path in sorted({tensor.path for tensor in tensors.values()}):
        with _opened(path) as file:
            for name in [n for n, t in tensors.items() if t.path == path]:
                stored = file.get_tensor(name)
                variable = weights[name]
                with np.errstate(over="ignore"):
                    array = stored.astype(variable.dtype)
                if not np.isfinite(stored).all():
                    broken.append(name)
                elif not np.isfinite(array).all():
                    too_large.append(f"{name} for {variable.dtype}")
                variable.assign(array)
    if broken:
        warn(
            f"{len(broken)} weights have values that are not finite "
            f"({', '.join(sorted(broken)[:5])}, ...). Do not use this model: "
            "its training or its conversion failed."
        )
    if too_large:
        warn(
            f"{len(too_large)} weights have values that are too large for "
            f"their dtype and become infinite ({', '.join(too_large[:5])}, "
            "...). Load the model with another dtype, such as float32 or "
            "bfloat16."
        )


def warn(message):
    """Warns at the line outside this package that called into it."""
    package = __name__.partition(".")[0]
    level, frame = 2, sys._getframe(1)
    while frame and frame.f_globals["__name__"].partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


def _read_header(path):
    with _opened(path) as file:
        slices = {name: file.get_slice(name) for name in file.keys()}
        return {
            name: Tensor(path, found.get_dtype(), tuple(found.get_shape()))
            for name, found in slices.items()
        }


@contextlib.contextmanager
def _opened(path):
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            yield file
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{path} is damaged or no safetensors file: {_shown(error)}. Fetch "
            "the preset again."
        ) from error


def _dtypes_for(variable):
    dtype = keras.utils.standardize_dtype(variable.dtype)
    if "float" in dtype:
        return _FLOATS
    kind = re.sub(r"\d+", "", dtype)
    letter = {"int": "I", "uint": "U"}.get(kind, "BOOL")
    return (letter + dtype.removeprefix(kind),)


def _check_names(place, expected, found):
    problems = []
    for title, names in (
        ("missing", expected - found),
        ("left over", found - expected),
    ):
        if names:
            shown = ", ".join(_shown(name) for name in sorted(names)[:5])
            problems.append(f"{len(names)} {title} ({shown}, ...)")
    if problems:
        raise ValueError(
            f"The weights in {place} are not those expected: "
            f"{'; '.join(problems)}. Expected {len(expected)} weights. The "
            "config and the weights must come from the same preset."
        )


def _shown(text):
    """A stranger's text, short and without control characters."""
    return f"{ascii(str(text))[1:-1]:.80}"
