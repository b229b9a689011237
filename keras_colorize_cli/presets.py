"""`keras-colorize presets`."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from keras_colorize_cli import arguments
from keras_colorize_cli import loading
from keras_colorize_cli.display import table_width


def add_to(commands):
    """Adds the command's parser to `commands`, argparse's subparsers."""
    arguments.add_command(
        commands,
        presets,
        "list the presets",
        "List the presets: their names, what they are, what they were trained "
        "on\nand where their weights are.",
    )


def presets(args):
    """Prints a table of the presets; returns the exit code."""
    Colorizer = loading.import_package().Colorizer
    table = Table(box=SIMPLE)
    table.add_column("Name", no_wrap=True)
    table.add_column("Class")
    table.add_column("Parameters", justify="right", no_wrap=True)
    table.add_column("Description")
    table.add_column("Trained on")
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Weights")
    for name, entry in Colorizer.presets.items():
        size, weights = entry["size"], entry["weights"]
        if weights is None:
            place = "not published yet"
        elif weights == "embedded":
            place = "in the package"
        else:
            place = f"hf://{weights['repo']}"
        table.add_row(
            name,
            entry["class_name"],
            f"{entry['parameters']:,}",
            entry["description"],
            entry["training_data"],
            "" if size is None else f"{size / 1e6:,.1f} MB",
            place,
        )
    # Without a terminal, the table is so wide that no cell is broken.
    Console(width=table_width(200), highlight=False).print(table)
    return 0
