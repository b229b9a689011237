"""`keras-colorize presets`."""

from keras_colorize_cli import loading

DESCRIPTION = "List the presets, their training data and their weights."
EXAMPLES = ""

_COLUMNS = (
    *("Name", "Class", "Parameters", "Description", "Trained on"),
    *("Size", "Weights"),
)


def add_arguments(command):
    """Adds nothing: the command has no arguments."""


def run(args):
    """Prints a table of the presets and returns the exit code."""
    Colorizer = loading.import_package().Colorizer
    # Imports Keras.
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
