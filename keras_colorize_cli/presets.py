"""`keras-colorize presets`."""

from keras_colorize_cli import arguments
from keras_colorize_cli import loading

_COLUMNS = (
    *("Name", "Class", "Parameters", "Description", "Trained on"),
    *("Size", "Weights"),
)


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
    # Imported late: this imports Keras.
    from keras_colorize.tables import text_table

    rows = [_COLUMNS]
    for name, entry in Colorizer.presets.items():
        size, weights = entry["size"], entry["weights"]
        if weights is None:
            place = "not published yet"
        elif weights == "embedded":
            place = "in the package"
        else:
            place = f"hf://{weights['repo']}"
        rows.append(
            (
                name,
                entry["class_name"],
                f"{entry['parameters']:,}",
                entry["description"],
                entry["training_data"],
                "" if size is None else f"{size / 1e6:,.1f} MB",
                place,
            )
        )
    print(text_table(rows), end="")
    return 0
