"""Learning curves, as `examples/train_pic.py` writes them."""

import csv
import math

_MEASURE = "bits_per_dim"


def read_curve(path):
    """Reads a learning curve.

    Args:
        path: Path of a CSV file with a column `step` and columns whose names
            end in `bits_per_dim`.

    Returns:
        A dictionary of lists of floats by column: `step` and these.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: If it has not these columns, no rows or not only numbers.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        names = [name for name in rows[0] if name and name.endswith(_MEASURE)]
        curve = {
            name: [float(row[name]) for row in rows]
            for name in ("step", *names)
        }
        values = [value for column in curve.values() for value in column]
        if not names or not all(map(math.isfinite, values)):
            raise ValueError
    except (KeyError, IndexError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(
            f"{path} is not a learning curve. Expected a CSV file with a "
            f"column step and columns that end in {_MEASURE}, of numbers."
        ) from error
    return curve
