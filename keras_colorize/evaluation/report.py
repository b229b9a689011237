"""What an evaluation found, and how it is shown."""

import dataclasses
import io
import json
import os

from keras_colorize.atomic_write import atomic_write
from keras_colorize.evaluation.number import with_error

SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class Report:
    """What `evaluate` found.

    Args:
        preset: str. The model.
        data: str. The images.
        images: int. How many there were.
        images_colored: int. How many of them, the first, were colored.
        num_samples: int. Colorings of each.
        seed: int. Of the colorings.
        protocol: dict of str. How it was measured.
        numbers: dict of `Number`, by name.
        seconds: dict of float. How long the stages took.
        machine: dict. Processor, cores and accelerators.
        versions: dict of str.
        statistics: `ColorStatistics`. What the plots show.
        examples: list of lists of uint8 arrays: gray, colorings and original
            of the first images.
    """

    preset: str
    data: str
    images: int
    images_colored: int
    num_samples: int
    seed: int
    protocol: dict
    numbers: dict
    seconds: dict
    machine: dict
    versions: dict
    statistics: object = dataclasses.field(repr=False)
    examples: list = dataclasses.field(repr=False)

    @property
    def evaluation_data(self):
        """What the numbers were measured on, in a line: for a preset's card."""
        text = f"{self.images:,} images of {self.data}"
        if self.images_colored < self.images:
            text += f" ({self.images_colored:,} of them colored)"
        several = "" if self.num_samples == 1 else "s"
        return (
            f"{text}, {self.num_samples} sample{several} each, seed {self.seed}"
        )

    def rows(self):
        """The table's cells: a list of tuples of str, the first the titles."""
        rows = [("", "value", "unit", "better", "originals", "baselines")]
        for number in self.numbers.values():
            baselines = [
                f"{name}: {with_error(*pair)}"
                for name, pair in number.baselines.items()
            ]
            rows.append(
                (
                    number.title,
                    with_error(number.value, number.standard_error),
                    number.unit,
                    number.better,
                    ""
                    if number.reference is None
                    else with_error(number.reference, number.reference_error),
                    "\n".join(baselines),
                )
            )
        return rows

    def table(self, width=120):
        """The numbers with their standard errors, as text.

        Args:
            width: int. Columns of the terminal.
        """
        from rich.box import SIMPLE
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        titles, *rows = self.rows()
        table = Table(box=SIMPLE)
        for title in titles:
            table.add_column(title)
        for row in rows:
            table.add_row(*map(Text, row))
        console = Console(file=io.StringIO(), width=width, highlight=False)
        console.print(Text(f"{self.preset} on {self.evaluation_data}"))
        console.print(table)
        console.print("After ± stands the standard error over images.")
        return console.file.getvalue()

    def markdown(self):
        """The numbers with their standard errors as Markdown, for a card."""
        titles, *rows = self.rows()
        lines = [titles, ("---",) * len(titles), *rows]
        table = [
            f"| {' | '.join(cells)} |".replace("\n", "<br>") for cells in lines
        ]
        facts = [
            f"{self.preset} on {self.evaluation_data}. After ± stands the "
            "standard error over images.",
            *[f"- {name}: {text}" for name, text in self.protocol.items()],
        ]
        return "\n".join([*table, "", *facts]) + "\n"

    def to_markdown(self, path, overwrite=False):
        """Writes `markdown()`.

        Args:
            path: str or Path.
            overwrite: bool. Whether to replace a file.

        Raises:
            FileExistsError: If there is a file and `overwrite` is False.
        """
        _write(path, self.markdown(), overwrite)

    def to_json(self, path, overwrite=False):
        """Writes the numbers and how they were measured as JSON.

        Args:
            path: str or Path.
            overwrite: bool. Whether to replace a file.

        Raises:
            FileExistsError: If there is a file and `overwrite` is False.
        """
        names = [f.name for f in dataclasses.fields(self)]
        content = {"schema": SCHEMA} | {
            name: getattr(self, name)
            for name in names
            if name not in ("numbers", "statistics", "examples")
        }
        content["numbers"] = {
            name: number.to_json() for name, number in self.numbers.items()
        }
        content["best_of"] = self.statistics.best_of()
        text = json.dumps(content, indent=2, allow_nan=False) + "\n"
        _write(path, text, overwrite)

    def to_html(self, path, curve=None, overwrite=False):
        """Writes one page with the numbers, plots and samples, by matplotlib.

        The page needs no other file and nothing from the web.

        Args:
            path: str or Path.
            curve: dict or None. A learning curve, from `read_curve`.
            overwrite: bool. Whether to replace a file.

        Raises:
            FileExistsError: If there is a file and `overwrite` is False.
            ImportError: Without matplotlib.
        """
        from keras_colorize.evaluation.page import page

        _check(path, overwrite)
        _write(path, page(self, curve), overwrite)

    def card_metrics(self):
        """The numbers as `save_to_preset(card={"metrics": ...})` takes them.

        `evaluation_data` says what they were measured on.
        """
        return {
            name: (number.value, number.standard_error)
            for name, number in self.numbers.items()
        }


def _check(path, overwrite):
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(
            f"{path} exists. Give another name, or overwrite=True to replace "
            "it."
        )


def _write(path, text, overwrite):
    """Writes a text beside its place, then moves it there at once."""
    _check(path, overwrite)
    atomic_write(path, text.encode())
