"""The arguments in a preset's config."""

import inspect
import math
import numbers

import keras
import numpy as np

# Arguments that belong to a process, not to a preset.
LOCAL = ("name", "trainable", "dtype", "value_range", "encoder_weights")

# An encoder of layers is 10 deep: see `keras_colorize.encoders.serialize`.
_MAX_DEPTH = 10
_MAX_LENGTH = 1000
_MAX_TEXT = 10_000
# Widths, sizes and counts of networks and images are far smaller.
_MAX_INTEGER = 65_536
_PLAIN = (
    "plain data: None, a bool, a text, a finite number (integers from "
    f"{-_MAX_INTEGER:,} to {_MAX_INTEGER:,}), or lists (of at most "
    f"{_MAX_LENGTH:,} items) and dictionaries of these, at most {_MAX_DEPTH} "
    "deep"
)


def config_of(model):
    """A model's arguments in JSON's types, checked as loading checks them."""
    config = {
        name: _plain(value)
        for name, value in model.get_config().items()
        if name not in LOCAL
    }
    check_config(type(model), config, f"The model {model.name}")
    return config


def check_config(cls, config, place, overrides=()):
    """Checks that a config has arguments of a class, and plain data only.

    The class itself checks what its values mean.

    Args:
        cls: Class of the model.
        config: dict. Its arguments.
        place: str. What to call the config in errors.
        overrides: Names of those arguments that are the caller's own, which
            need not be plain data.
    """
    accepted, required = _arguments_of(cls)
    for name, value in config.items():
        own = name in overrides
        if name not in accepted:
            raise ValueError(
                f"{'The call' if own else place} has the argument "
                f"{name!a:.80}, which {cls.__name__} does not know. Expected "
                f"some of {', '.join(accepted)}. A newer keras_colorize may "
                "know it."
            )
        if not (own or _is_plain(value)):
            raise ValueError(
                f"{place} has {name}={value!a:.80}. Expected {_PLAIN}."
            )
    missing = [name for name in required if name not in config]
    if missing:
        raise ValueError(
            f"{place} has no argument {missing[0]!r}, which {cls.__name__} "
            f"needs. It needs {', '.join(required)}."
        )


def _arguments_of(cls):
    """The names of a class's arguments, and of those without default.

    As long as `__init__` takes `**kwargs`, they include those of its base
    classes, up to Keras's own.
    """
    accepted, required = {}, None
    for base in cls.__mro__:
        if base is keras.Model:
            break
        if "__init__" not in vars(base):
            continue
        _, *parameters = inspect.signature(base.__init__).parameters.values()
        named = [p for p in parameters if "VAR" not in p.kind.name]
        accepted |= {p.name: None for p in named if p.name not in LOCAL}
        if required is None:
            required = [p.name for p in named if p.default is p.empty]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return list(accepted), required or []


def _is_plain(value, depth=0):
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return len(value) <= _MAX_TEXT
    if isinstance(value, int):
        return abs(value) <= _MAX_INTEGER
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return False
        value = [*value, *value.values()]
    elif not isinstance(value, (list, tuple)):
        return False
    return (
        len(value) <= _MAX_LENGTH
        and depth < _MAX_DEPTH
        and all(_is_plain(item, depth + 1) for item in value)
    )


def _plain(value):
    """A value in JSON's types, if it has a counterpart there."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    return str(value) if isinstance(value, str) else value
