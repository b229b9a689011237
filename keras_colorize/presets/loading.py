"""From presets to models."""

import os

import keras

from keras_colorize.presets.config import LOCAL
from keras_colorize.presets.config import check_config
from keras_colorize.presets.files import DirectoryFiles
from keras_colorize.presets.files import embedded_directory
from keras_colorize.presets.files import read_config
from keras_colorize.presets.hub import HubFiles
from keras_colorize.presets.hub_errors import HUB
from keras_colorize.presets.hub_errors import checked_repository
from keras_colorize.presets.registry import DEFAULT
from keras_colorize.presets.registry import built_in_presets
from keras_colorize.presets.registry import class_named
from keras_colorize.presets.shape_check import shape_check
from keras_colorize.presets.weights import check_weights
from keras_colorize.presets.weights import find_weights
from keras_colorize.presets.weights import load_weights as set_weights


def load_preset(
    cls,
    preset,
    load_weights,
    revision,
    dtype,
    compile,
    ignore_unused_weights,
    overrides,
    **hub,
):
    """See `Colorizer.from_preset`; `hub` are the arguments of `HubFiles`."""
    files, class_name, config = _find(preset, load_weights, revision, hub)
    target = class_named(class_name, files, cls)
    local = {k: v for k, v in overrides.items() if k in LOCAL}
    overrides = {k: v for k, v in overrides.items() if k not in LOCAL}
    config = {**config, **overrides}
    check_config(target, config, f"The config of {files}", overrides)
    policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
    tensors = find_weights(files) if load_weights else None
    expected = shape_check(target, config, policy, files, tensors)
    if load_weights:
        if ignore_unused_weights:
            tensors = {k: v for k, v in tensors.items() if k in expected}
        check_weights(expected, tensors, files)
    if dtype is not None:
        local["dtype"] = policy
    model = target(**config, **local)
    if load_weights:
        set_weights(dict(zip(expected, model.weights, strict=True)), tensors)
    if compile:
        model.compile()
    return model


def check_preset(directory):
    """Checks a preset's directory as loading does, without its memory."""
    files = DirectoryFiles(directory)
    class_name, config = read_config(files)
    target = class_named(class_name, files)
    check_config(target, config, f"The config of {files}")
    tensors = find_weights(files)
    policy = keras.dtype_policies.get("float32")
    check_weights(
        shape_check(target, config, policy, files, tensors), tensors, files
    )


def _find(preset, load_weights, revision, hub):
    """A preset's files (or only a name for errors), class name and config."""
    built_in = built_in_presets()
    if preset == "default":
        preset = DEFAULT
    is_text = isinstance(preset, str)
    if is_text and preset.startswith(HUB):
        repo = checked_repository(
            preset, "'hf://owner/name', and a branch, tag or commit as revision"
        )
        files = HubFiles(repo, revision, **hub)
    elif revision is not None:
        raise ValueError(
            f"revision is {revision!r}, and {preset} has none. Pass a revision "
            "with 'hf://owner/name' only: a built-in preset belongs to this "
            "version of the package, and a directory has one version."
        )
    elif is_text and preset in built_in:
        return _built_in(built_in, preset, load_weights, hub)
    elif isinstance(preset, (str, os.PathLike)) and os.path.isdir(preset):
        files = DirectoryFiles(preset)
    else:
        raise ValueError(
            f"{preset!r} is neither a preset's name nor a directory. Expected "
            f"one of {', '.join(built_in)}, 'hf://owner/name' for a preset on "
            "the Hugging Face Hub, or the path of a preset's directory."
        )
    return files, *read_config(files)


def _built_in(presets, name, load_weights, hub):
    entry = presets[name]
    weights = entry["weights"]
    files = name
    if load_weights and weights is None:
        published = [n for n, other in presets.items() if other["weights"]]
        message = (
            f"The preset {name!r} has no published weights yet; those that "
            f"have: {', '.join(published)}. {entry['how_to_get']} Or load what "
            "somebody has published: 'hf://owner/name'."
        )
        if os.path.isdir(name):
            message += f" To load the directory {name}, pass './{name}'."
        raise ValueError(message)
    if load_weights and weights == "embedded":
        files = DirectoryFiles(embedded_directory(name))
    elif load_weights:
        files = HubFiles(
            weights["repo"], weights["commit"], weights["files"], **hub
        )
    return files, entry["class_name"], entry["config"]
