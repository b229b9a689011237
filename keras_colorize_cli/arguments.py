"""Arguments of several commands, and their checks."""

import argparse
import math
import os


class UsageError(Exception):
    """A wrong argument or input, found before any work is done."""


def add_preset(add):
    """Adds `--preset` and `--revision` by `add_argument`."""
    add(
        "--preset",
        default="default",
        help="name of a preset (see `keras-colorize presets`), directory of a "
        "preset, or hf://owner/name on the Hugging Face Hub (default: "
        "%(default)s)",
    )
    add(
        "--revision",
        metavar="REV",
        help="branch, tag or commit of a preset on the Hub (default: main)",
    )


def add_samples(add, default):
    """Adds `--num-samples` and `--temperature` by `add_argument`."""
    add(
        "--num-samples",
        type=at_least(1),
        default=default,
        metavar="N",
        help="colorings of each image (default: %(default)s)",
    )
    add(
        "--temperature",
        type=_temperature,
        default=1.0,
        metavar="T",
        help="1 draws from the model's distribution; lower values draw more "
        "probable, less varied colors; 0 draws the most probable colors. "
        "Models with a temperature for each channel take two, such as 0.8,1 "
        "(default: %(default)s)",
    )


def add_max_pixels(add):
    """Adds `--max-pixels` by `add_argument`."""
    add(
        "--max-pixels",
        type=at_least(1),
        default=50_000_000,
        metavar="N",
        help="a photograph of more pixels is an error, since a tiny file can "
        "ask for much memory (default: %(default)s)",
    )


def _temperature(text):
    numbers = [at_least(0, float)(part) for part in text.split(",")]
    return tuple(numbers) if len(numbers) > 1 else numbers[0]


_temperature.__name__ = "temperature"  # argparse's messages show it.


class Parser(argparse.ArgumentParser):
    """A parser that reports a mistake in one line."""

    def parse_known_args(self, args=None, namespace=None):
        # Otherwise the main parser would report a command's arguments.
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message):
        self.exit(
            2,
            f"{self.prog}: error: {message}. `{self.prog} --help` lists the "
            "arguments.\n",
        )


def at_least(minimum, kind=int):
    """An argument type: finite numbers of at least `minimum`."""

    def number(text):
        value = kind(text)
        if not minimum <= value < math.inf:
            raise argparse.ArgumentTypeError(
                f"expected a finite number of at least {minimum}, got {text!r}"
            )
        return value

    number.__name__ = kind.__name__  # argparse's messages show it.
    return number


def check_output(folder):
    """Checks that a folder exists or can be made, and can be written into."""
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        problem = "is read-only" if place.is_dir() else "is a file"
        raise UsageError(
            f"{folder} cannot be the output folder: {place} {problem}. Choose "
            "another folder."
        )


def check_output_file(output, source, overwrite):
    """Checks that a file can be written and replaces no other by mistake."""
    check_output(output.absolute().parent)
    kinds = {
        "the input": os.path.realpath(output) == os.path.realpath(source),
        "a folder": output.is_dir(),
        "a link": output.is_symlink(),
    }
    for kind, found in kinds.items():
        if found:
            raise UsageError(
                f"{output} is {kind}, which is never replaced. Choose another "
                "output."
            )
    if output.exists() and not overwrite:
        raise UsageError(
            f"{output} exists. Choose another output, or pass --overwrite."
        )
