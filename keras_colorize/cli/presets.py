"""`keras-colorize presets`."""

import sys

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from keras_colorize.cli.quiet import import_quietly

_COLUMNS = (
    "Name",
    "Class",
    "Parameters",
    "Description",
    "Trained on",
    "Size",
    "Weights",
)
_NUMBERS = ("Parameters", "Size")
# Where no terminal has a say, wide enough that no cell is broken.
_WIDTH_OF_FILES = 200


def presets(args):
    """Prints a table of the presets; returns the exit code."""
    Colorizer = import_quietly("keras_colorize.models").Colorizer
    table = Table(box=SIMPLE)
    for title in _COLUMNS:
        table.add_column(
            title,
            justify="right" if title in _NUMBERS else "left",
            no_wrap=title in ("Name", *_NUMBERS),
        )
    for name, entry in Colorizer.presets.items():
        table.add_row(
            name,
            entry["class_name"],
            f"{entry['parameters']:,}",
            entry["description"],
            entry["training_data"],
            _size(entry["size"]),
            _place(entry["weights"]),
        )
    width = None if sys.stdout.isatty() else _WIDTH_OF_FILES
    Console(width=width, highlight=False).print(table)
    return 0


def _size(size):
    return "" if size is None else f"{size / 1e6:,.1f} MB"


def _place(weights):
    if weights is None:
        return "not published yet"
    if weights == "embedded":
        return "in the package"
    return f"hf://{weights['repo']}"
