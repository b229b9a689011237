"""Between presets, which are files, and colourers, which are models."""

import os
import pathlib

import keras

from keras_colorize.presets import embedded_directory
from keras_colorize.presets import load_weights as load_preset_weights
from keras_colorize.presets import read_config
from keras_colorize.presets import save_preset
from keras_colorize.presets.files import WEIGHTS

# Arguments that belong to a process, not to a preset.
_LOCAL = ("name", "trainable", "dtype")


def from_preset(cls, base, preset, load_weights, dtype, overrides):
    """See `Colorizer.from_preset`; `base` is `Colorizer`."""
    directory, class_name, config = _find(base, preset, load_weights)
    target = keras.saving.get_registered_object(f"keras_colorize>{class_name}")
    if not (isinstance(target, type) and issubclass(target, base)):
        raise ValueError(
            f"The preset {preset} is of the class {class_name!r}, which this "
            "version of keras_colorize does not have. Update the package, or "
            "check where the preset comes from."
        )
    if not issubclass(target, cls):
        raise ValueError(
            f"The preset {preset} is a {class_name}, not a {cls.__name__}. "
            f"Use {class_name}.from_preset or Colorizer.from_preset."
        )
    if dtype is not None:
        overrides = {**overrides, "dtype": dtype}
    try:
        model = target(**{**config, **overrides})
    except TypeError as error:
        raise ValueError(
            f"The config of the preset {preset} does not fit {class_name}: "
            f"{error}."
        ) from error
    if load_weights:
        load_preset_weights(model, directory / WEIGHTS)
    return model


def _find(base, preset, load_weights):
    """Where a preset is (None: nowhere yet), its class name and config."""
    if isinstance(preset, str) and preset in base.presets:
        entry = base.presets[preset]
        directory = None
        if entry["weights"] == "embedded":
            directory = embedded_directory(preset)
        elif load_weights:
            available = [n for n, e in base.presets.items() if e["weights"]]
            raise ValueError(
                f"The preset {preset!r} has no published weights yet. Those "
                f"that have: {', '.join(available)}. Pass load_weights=False "
                "for its architecture with random weights, to train it."
            )
        return directory, entry["class_name"], entry["config"]
    if isinstance(preset, (str, os.PathLike)) and os.path.isdir(preset):
        return pathlib.Path(preset), *read_config(preset)
    raise ValueError(
        f"{preset!r} is neither a preset's name nor a directory. Expected one "
        f"of {', '.join(base.presets)}, or the path of a preset's directory."
    )


def save_to_preset(model, path, dtype, card):
    """See `Colorizer.save_to_preset`."""
    config = {k: v for k, v in model.get_config().items() if k not in _LOCAL}
    class_name = type(model).__name__
    if card is None:
        card = (
            f"# {pathlib.Path(path).name}\n\n"
            f"A `{class_name}` of keras_colorize.\n\n"
            "```python\n"
            f'model = keras_colorize.{class_name}.from_preset("path/to/it")\n'
            "photos = model.generate(gray, num_samples=5)\n```\n"
        )
    save_preset(model, path, class_name, config, card, dtype)
