"""From presets, which are files, to colorers, which are models."""

import dataclasses
import math
import os

import keras

from keras_colorize.models.config_arguments import LOCAL
from keras_colorize.models.config_arguments import check_arguments
from keras_colorize.models.skeleton import skeleton_of
from keras_colorize.presets import DirectoryFiles
from keras_colorize.presets import HubFiles
from keras_colorize.presets import check_weights
from keras_colorize.presets import embedded_directory
from keras_colorize.presets import find_weights
from keras_colorize.presets import load_weights
from keras_colorize.presets import read_config
from keras_colorize.presets.repository import HUB
from keras_colorize.presets.repository import checked_repository

# Of a config whose weights are not loaded, and so cannot vouch for its size.
_MAX_PARAMETERS = 1_000_000_000


def from_preset(
    cls, base, preset, wants_weights, revision, dtype, hub_options, overrides
):
    """See `Colorizer.from_preset`; `base` is `Colorizer`."""
    found = _find(base, preset, wants_weights, revision, hub_options)
    target = _class_of(found, cls, base)
    policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
    local = {k: v for k, v in overrides.items() if k in LOCAL}
    config = {
        **found.config,
        **{k: v for k, v in overrides.items() if k not in LOCAL},
    }
    skeleton = _skeleton(target, config, policy, found.files, set(overrides))
    if wants_weights:
        tensors = find_weights(found.files, skeleton)
        check_weights(skeleton, tensors, found.files)
        if isinstance(found.files, HubFiles):
            found.files.keep()
    else:
        _check_count(skeleton, found.files)
    if dtype is not None:
        local["dtype"] = policy
    model = target(**config, **local)
    if wants_weights:
        load_weights(model, tensors)
    return model


def check_preset(base, directory):
    """Checks a preset's directory as loading it does, without its memory.

    Args:
        base: `Colorizer`.
        directory: Path.

    Returns:
        The name of its class.
    """
    files = DirectoryFiles(directory)
    found = _Found(files, *read_config(files))
    target = _class_of(found, base, base)
    policy = keras.dtype_policies.get("float32")
    skeleton = _skeleton(target, found.config, policy, files)
    check_weights(skeleton, find_weights(files, skeleton), files)
    return found.class_name


@dataclasses.dataclass
class _Found:
    """A preset that was found; `files` may be but a name for errors."""

    files: object
    class_name: str
    config: dict


def _find(base, preset, wants_weights, revision, hub_options):
    if isinstance(preset, str) and preset in base.presets:
        _refuse_revision(preset, revision)
        return _built_in(base.presets, preset, wants_weights, hub_options)
    if isinstance(preset, str) and preset.startswith(HUB):
        repo = checked_repository(
            preset, "'hf://owner/name', and a branch, tag or commit as revision"
        )
        files = HubFiles(repo, revision, **hub_options)
        return _Found(files, *read_config(files))
    if isinstance(preset, (str, os.PathLike)) and os.path.isdir(preset):
        _refuse_revision(preset, revision)
        files = DirectoryFiles(preset)
        return _Found(files, *read_config(files))
    raise ValueError(
        f"{preset!r} is neither a preset's name nor a directory. Expected one "
        f"of {', '.join(base.presets)}, 'hf://owner/name' for one on the "
        "Hugging Face Hub, or the path of a preset's directory."
    )


def _built_in(presets, name, wants_weights, hub_options):
    entry = presets[name]
    weights = entry["weights"]
    files = name
    if weights == "embedded":
        files = DirectoryFiles(embedded_directory(name))
    elif wants_weights and weights is None:
        message = _unpublished(presets, name)
        if os.path.isdir(name):
            message += f" To load the directory here, pass './{name}'."
        raise ValueError(message)
    elif wants_weights:
        files = HubFiles(
            weights["repo"],
            weights["commit"],
            pins=weights["files"],
            **hub_options,
        )
    return _Found(files, entry["class_name"], entry["config"])


def _unpublished(presets, name):
    available = [n for n, entry in presets.items() if entry["weights"]]
    return (
        f"The preset {name!r} has no published weights yet; those that have: "
        f"{', '.join(available)}. There are three ways to get weights. Convert "
        "the authors' checkpoint with `keras-colorize convert pic CHECKPOINT "
        f"OUT --config {name}`. Train it with `python examples/train_pic.py "
        f"IMAGES --preset {name} --epochs 150 --out OUT`. Either makes a "
        "directory to load: OUT, or training's OUT/preset. Or load what "
        "somebody has published: 'hf://owner/name'."
    )


def _refuse_revision(preset, revision):
    if revision is not None:
        raise ValueError(
            f"revision is {revision!r}, and {preset} has none: a built-in "
            "preset belongs to this version of the package, and a directory "
            "is as it is. Pass a revision with 'hf://owner/name' alone."
        )


def _class_of(found, cls, base):
    """The class of a preset, from the package's own register."""
    name = found.class_name
    target = keras.saving.get_registered_object(f"keras_colorize>{name}")
    if not (isinstance(target, type) and issubclass(target, base)):
        raise ValueError(
            f"{found.files} is of the class {name!a:.80}, which this version "
            "of keras_colorize does not have. Update the package, or check "
            "where the preset comes from."
        )
    if not issubclass(target, cls):
        raise ValueError(
            f"{found.files} is a {name}, not a {cls.__name__}. Use "
            f"{name}.from_preset or Colorizer.from_preset."
        )
    return target


def _skeleton(target, config, policy, files, overrides=()):
    """The weights of a config's model by name, without their values."""
    check_arguments(target, config, f"The config of {files}", overrides)
    return skeleton_of(target, config, policy, files)


def _check_count(weights, place):
    count = sum(math.prod(variable.shape) for variable in weights.values())
    if count > _MAX_PARAMETERS:
        raise ValueError(
            f"The config of {place} asks for {count:,} parameters. Expected "
            f"at most {_MAX_PARAMETERS:,}; larger models are only made with "
            "weights of that size, or by calling the class itself."
        )
