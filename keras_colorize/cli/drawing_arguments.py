"""Arguments of every command that draws colors."""

import argparse
import math

DEFAULT_PRESET = "pic_tinyimagenet64"


def add_preset(group):
    """Adds `--preset` and `--revision` to a parser or group of one."""
    group.add_argument(
        "--preset",
        default=DEFAULT_PRESET,
        help="name of a preset (see `keras-colorize presets`), a preset's "
        "directory, or hf://owner/name of one on the Hugging Face Hub "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--revision",
        metavar="REV",
        help="branch, tag or commit of a preset on the Hub (default: main)",
    )


def add_temperature(group):
    """Adds `--temperature` to a parser or group of one."""
    group.add_argument(
        "--temperature",
        type=_temperature,
        default=1.0,
        metavar="T",
        help="1 draws from the model's distribution, lower values draw "
        "likelier and less varied colors, 0 the likeliest (default: "
        "%(default)s)",
    )


def at_least(least):
    def integer(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least:
            raise argparse.ArgumentTypeError(
                f"expected an integer of at least {least}, got {text!r}"
            )
        return value

    return integer


def _temperature(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(
            f"expected a finite number of at least 0, got {text!r}"
        )
    return value
