"""Arguments that several commands share, and how they are checked."""

import argparse
import math
import os

from keras_colorize_cli.display import printable

EXIT_CODES = """\
exit codes:
  0    success
  1    some photographs could not be colored, but the others were; or the Hub
       refused a preset
  2    an argument or an input is wrong; nothing was written
  130  interrupted; every file that was written is complete
"""


class UsageError(Exception):
    """An argument that cannot be followed, found before any work is done."""


def add_command(commands, run, help, description, epilog=None):
    """Adds the parser of a command, named after its function `run`."""
    command = commands.add_parser(
        run.__name__,
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


def add_preset(add):
    """Adds `--preset` and `--revision` by a parser's `add_argument`."""
    add(
        "--preset",
        default="pic_tinyimagenet64",
        help="name of a preset (`keras-colorize presets` lists them), "
        "directory of a preset, or hf://owner/name for a preset on the "
        "Hugging Face Hub (default: %(default)s)",
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
    """An argument type: finite numbers of a kind, of at least `minimum`."""
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
        problem = f"{printable(place)} is a file"
    elif not os.access(place, os.W_OK | os.X_OK):
        problem = f"you may not write into {printable(place)}"
    else:
        return
    raise UsageError(
        f"{printable(folder)} cannot be the output folder: {problem}. Choose "
        "another folder."
    )
