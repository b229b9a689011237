"""The built-in presets, and the classes that presets name."""

import keras

# The preset that `from_preset("default")` makes.
DEFAULT = "pixcolor_lite"
_built_in = {}


def register_presets(presets, cls):
    """Adds built-in presets of a class.

    Args:
        presets: dict. By name, each a dictionary of `description`,
            `parameters` (the number of trainable ones), `size` (bytes of all
            weights as they are stored, or None), `training_data`, `config`
            (the arguments of the class) and `weights`: `"embedded"` for a
            preset inside the package; None if no weights are published, where
            `how_to_get` says what a user can do instead; or, for a repository
            on the Hugging Face Hub, `{"repo": "owner/name", "commit": id,
            "files": {name: SHA-256}}`, with each file of weights, and their
            index if there is one.
        cls: Class of the presets, registered with Keras under the package
            name `keras_colorize`.

    Raises:
        ValueError: If a name is registered already.
    """
    taken = [name for name in presets if name in _built_in]
    if taken:
        raise ValueError(
            f"There is a preset {taken[0]!r} already, of the class "
            f"{_built_in[taken[0]][0].__name__}. Choose another name."
        )
    for name, entry in presets.items():
        _built_in[name] = (cls, {"class_name": cls.__name__, **entry})


def built_in_presets(cls=object):
    """The built-in presets of a class and its subclasses, by name."""
    return {
        name: entry
        for name, (owner, entry) in _built_in.items()
        if issubclass(owner, cls)
    }


class PresetsProperty:
    """The attribute `presets` of a class of models (see `built_in_presets`)."""

    def __get__(self, instance, owner):
        return built_in_presets(owner)


def class_named(name, files, cls=None):
    """The class to make of a preset.

    Args:
        name: str. The class that the preset names.
        files: What to call the preset in errors.
        cls: Class whose `from_preset` was called, or None. If it is a subclass
            of the preset's class, it is the class to make.
    """
    found = keras.saving.get_registered_object(f"keras_colorize>{name}")
    if not (isinstance(found, type) and hasattr(found, "save_to_preset")):
        raise ValueError(
            f"{files} is of the class {name!a:.80}, which this version of "
            "keras_colorize does not have. Update the package, or check where "
            "the preset comes from."
        )
    if cls is None or issubclass(found, cls):
        return found
    if issubclass(cls, found):
        return cls
    raise ValueError(
        f"{files} is a {name}, not a {cls.__name__}. Use {name}.from_preset or "
        "Colorizer.from_preset."
    )


def registered_name(cls):
    """The name by which `class_named` finds a class.

    Raises:
        ValueError: If it would find none or another one.
    """
    name = cls.__name__
    if keras.saving.get_registered_object(f"keras_colorize>{name}") is not cls:
        raise ValueError(
            f"The model's class {cls.__module__}.{name} is not registered, so "
            "a preset of it could not be loaded. Decorate the class with "
            "keras.saving.register_keras_serializable(package="
            "'keras_colorize'), under a name that no other class has."
        )
    return name
