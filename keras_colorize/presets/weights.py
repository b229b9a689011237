"""Weights by variable path, each of them accounted for."""

import math
import posixpath
import re
import warnings

import keras
import numpy as np
import safetensors

from keras_colorize.presets.files import INDEX
from keras_colorize.presets.files import WEIGHTS
from keras_colorize.presets.header import read_header
from keras_colorize.presets.strict_json import MAX_BYTES
from keras_colorize.presets.strict_json import read_json

_SHARD = re.compile(r"model-[0-9]{5}-of-[0-9]{5}\.safetensors")
_FLOATS = ("F16", "BF16", "F32", "F64")


def weights_of(model):
    """The weights of a model by their path inside it."""
    # What all paths share is a `keras.name_scope` around the model.
    scope = posixpath.commonpath([v.path for v in model.weights])
    weights = {
        posixpath.relpath(v.path, scope or ".").removeprefix(
            f"{model.name}/"
        ): v
        for v in model.weights
    }
    if len(weights) != len(model.weights):
        raise ValueError(
            f"Some weights of {model.name} share a path. Expected layers with "
            "distinct names."
        )
    return weights


def find_weights(files, weights=None):
    """Finds the tensors of a preset, in one file or several.

    Only headers are read. An index may name files of the pattern
    `model-00001-of-00002.safetensors` beside it, and each file must hold just
    what the index says.

    Args:
        files: `DirectoryFiles` or `HubFiles`.
        weights: dict of variables by name, or None. Those that the model has:
            what would be too large for them is not fetched, nor are files of
            an index that names others.

    Returns:
        A dictionary of `Tensor` by name.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is damaged or not what the index says, or
            they cannot be the model's weights.
    """
    path = files.first_of(WEIGHTS, INDEX, max_bytes=_most_bytes(weights))
    if path.name != INDEX:
        return read_header(path)
    shards = {}
    weight_map = read_json(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ValueError(
            f"{path} is no index: expected an object 'weight_map' that gives "
            "each weight's file."
        )
    for name, shard in weight_map.items():
        if not isinstance(shard, str) or not _SHARD.fullmatch(shard):
            raise ValueError(
                f"{path} has the weight {name!a:.80} in the file "
                f"{shard!a:.80}. Expected a name such as "
                "'model-00001-of-00002.safetensors', beside the index."
            )
        shards.setdefault(shard, set()).add(name)
    if weights is not None:
        _check_names(path, set(weights), set(weight_map))
    tensors = {}
    for shard, names in sorted(shards.items()):
        path = files.first_of(shard, max_bytes=_most_bytes(weights, names))
        found = read_header(path)
        _check_names(path, names, set(found))
        tensors.update(found)
    return tensors


def _most_bytes(weights, names=None):
    """The most that a file of some weights may have; None if unknown."""
    if weights is None:
        return None
    values = sum(
        math.prod(weights[name].shape)
        for name in (weights if names is None else names)
    )
    # The widest type has 8 bytes, and a header is read up to MAX_BYTES.
    return 8 * values + 8 + MAX_BYTES


def check_weights(weights, tensors, files):
    """Checks that tensors are the weights of a model, one to one.

    Args:
        weights: dict of variables by name, of which shape and dtype are used.
        tensors: dict of `Tensor` by name.
        files: What to call the preset in errors.

    Raises:
        ValueError: If a weight is missing, left over, of another shape or
            kind.
    """
    _check_names(files, set(weights), set(tensors))
    for name, variable in weights.items():
        tensor = tensors[name]
        if tensor.shape != tuple(variable.shape):
            raise ValueError(
                f"The weight {name} in {tensor.path} has shape {tensor.shape}."
                f" Expected {tuple(variable.shape)}."
            )
        if tensor.dtype not in _dtypes_for(variable):
            raise ValueError(
                f"The weight {name} in {tensor.path} has dtype {tensor.dtype}."
                f" Expected one of {', '.join(_dtypes_for(variable))}."
            )


def load_weights(model, tensors):
    """Sets every weight of a model, once `check_weights` found that they fit.

    Warns of values that are not finite, as training may have failed, but it
    is the author's model; and of those that are not once they have the
    model's dtype.

    Args:
        model: Keras model.
        tensors: dict of `Tensor` by name.
    """
    weights = weights_of(model)
    broken, too_large = [], []
    for path in sorted({tensor.path for tensor in tensors.values()}):
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                for name in file.keys():
                    stored = file.get_tensor(name)
                    variable = weights[name]
                    with np.errstate(over="ignore"):
                        array = stored.astype(variable.dtype)
                    if not np.isfinite(stored).all():
                        broken.append(name)
                    elif not np.isfinite(array).all():
                        too_large.append(f"{name} for {variable.dtype}")
                    variable.assign(array)
        except safetensors.SafetensorError as error:
            raise ValueError(
                f"{path} is damaged or no safetensors file: {error}. Fetch the "
                "preset again."
            ) from error
    if broken:
        warnings.warn(
            f"{len(broken)} weights have values that are not finite "
            f"({', '.join(sorted(broken)[:5])}, ...). Nothing good will come "
            "of this model: its training or its conversion failed.",
            stacklevel=4,  # who called `Colorizer.from_preset`
        )
    if too_large:
        warnings.warn(
            f"{len(too_large)} weights have values too large for their dtype, "
            f"now infinite ({', '.join(sorted(too_large)[:5])}, ...). Nothing "
            "good will come of this model. Load it with another dtype, such "
            "as float32 or bfloat16.",
            stacklevel=4,
        )


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
            # Of a stranger's file, they may be anything.
            shown = [f"{ascii(name)[1:-1]:.80}" for name in sorted(names)]
            shown = ", ".join(shown[:5])
            problems.append(f"{len(names)} {title} ({shown}, ...)")
    if problems:
        raise ValueError(
            f"The weights in {place} are not those expected: "
            f"{'; '.join(problems)}. Expected {len(expected)} weights. The "
            "config and the weights must come from the same preset."
        )
