"""What the arguments in a preset's config may be."""

import dataclasses
import inspect
import numbers

import numpy as np

# Arguments that belong to a process, not to a preset.
LOCAL = ("name", "trainable", "dtype", "value_range")


@dataclasses.dataclass(frozen=True)
class Integer:
    """An integer in a range."""

    low: int
    high: int

    def __str__(self):
        return f"an integer from {self.low:,} to {self.high:,}"

    def accepts(self, value):
        return type(value) is int and self.low <= value <= self.high


@dataclasses.dataclass(frozen=True)
class Integers:
    """A list or tuple of integers in a range, at most `length` of them."""

    low: int
    high: int
    length: int

    def __str__(self):
        return (
            f"a list of at most {self.length} integers from {self.low:,} to "
            f"{self.high:,}"
        )

    def accepts(self, value):
        one = Integer(self.low, self.high)
        return (
            isinstance(value, (list, tuple))
            and len(value) <= self.length
            and all(map(one.accepts, value))
        )


@dataclasses.dataclass(frozen=True)
class Number:
    """An integer or float in a range."""

    low: float
    high: float

    def __str__(self):
        return f"a number from {self.low:,} to {self.high:,}"

    def accepts(self, value):
        return type(value) in (int, float) and self.low <= value <= self.high


@dataclasses.dataclass(frozen=True)
class OneOf:
    """One of some values, of their types."""

    options: tuple

    def __str__(self):
        return f"one of {self.options}"

    def accepts(self, value):
        return any(
            type(value) is type(option) and value == option
            for option in self.options
        )


FLAG = OneOf((False, True))


def plain(value):
    """A value of a config in JSON's types; others are left as they are."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    return str(value) if isinstance(value, str) else value


_OVERRIDE = "What the call passes to override the preset's config"


def check_arguments(cls, config, place, overrides=()):
    """Checks a config's arguments against what its class says they may be.

    Args:
        cls: Class with `argument_types`: a dictionary, by argument, of what
            each may be.
        config: dict. The arguments.
        place: What to call the config in errors.
        overrides: Names of those arguments that are the caller's own.

    Raises:
        ValueError: If an argument is unknown, missing, or is not what it may
            be.
    """
    for name in config:
        if name not in cls.argument_types:
            newer = (
                ""
                if name in overrides
                else " If the preset was made by a newer keras_colorize, "
                "update yours."
            )
            raise ValueError(
                f"{_OVERRIDE if name in overrides else place} has the "
                f"argument {name!a:.80}, which {cls.__name__} does not know. "
                f"Expected some of {', '.join(cls.argument_types)}.{newer}"
            )
    required = [
        parameter.name
        for parameter in inspect.signature(cls.__init__).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    for name, kind in cls.argument_types.items():
        if name in config and not kind.accepts(config[name]):
            raise ValueError(
                f"{_OVERRIDE if name in overrides else place} has "
                f"{name}={config[name]!a:.80}. {cls.__name__} expects {kind}."
            )
        if name not in config and name in required:
            raise ValueError(
                f"{place} has no argument {name!r}, which {cls.__name__} "
                f"needs: {kind}."
            )
