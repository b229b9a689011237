"""Arguments of several commands, and their checks."""

import argparse
import math
import os


class UsageError(Exception):
    """A wrong argument or input, found before any work is done."""


def add_preset(add):
    """Adds `--preset` and `--revision` by a parser's `add_argument`."""
    add(
        "--preset",
        default="pic_tinyimagenet64",
        help="name of a preset (see `keras-colorize presets`), directory of a "
        "preset, or hf://owner/name on the Hugging Face Hub (default: "
        "%(default)s)",
    )
    add(
        "--revision",
        metavar="REV",
        help="branch, tag or commit of a preset on the Hub (default: main)",
    )


def add_temperature(add):
    """Adds `--temperature` by a parser's `add_argument`."""
    add(
        "--temperature",
        type=at_least(0, float),
        default=1.0,
        metavar="T",
        help="1 draws from the model's distribution; lower values draw more "
        "probable, less varied colors; 0 draws the most probable ones "
        "(default: %(default)s)",
    )


def at_least(minimum, kind=int):
    """An argument type: finite numbers of at least `minimum`."""
    name = "an integer" if kind is int else "a finite number"

    def number(text):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not minimum <= value < math.inf:
            raise argparse.ArgumentTypeError(
                f"expected {name} of at least {minimum}, got {text!r}"
            )
        return value

    return number


def check_output(folder):
    """Checks that a folder exists or can be made, and can be written into."""
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        problem = "is a file"
    elif not os.access(place, os.W_OK | os.X_OK):
        problem = "is read-only"
    else:
        return
    raise UsageError(
        f"{folder} cannot be the output folder: {place} {problem}. Choose "
        "another folder."
    )
