"""The result of an evaluation, and its forms."""

import dataclasses
import json
import math
import os
import pathlib
import textwrap

from keras_colorize.atomic_write import atomic_write
from keras_colorize.tables import markdown_table
from keras_colorize.tables import markdown_text
from keras_colorize.tables import text_table

SCHEMA = 2
ERRORS = "The standard error over images stands after ±."


@dataclasses.dataclass(frozen=True)
class Number:
    """A measure's value on a set of images.

    Args:
        title: str. The measure, in words.
        value: float or None. None if the value is not finite.
        standard_error: float or None. Over images, or over blocks of them.
        better: str. `"lower"`, `"higher"` or `"closer to reference"`.
        unit: str. Empty for numbers without a unit.
        reference: float or None. The value of the originals.
        reference_error: float or None. Its standard error.
        baselines: dict. The value and the standard error or None of each
            baseline, by its name.
    """

    title: str
    value: float | None
    standard_error: float | None
    better: str
    unit: str = ""
    reference: float | None = None
    reference_error: float | None = None
    baselines: dict = dataclasses.field(default_factory=dict)

    def to_json(self):
        """The number in the types of JSON."""
        fields = dataclasses.asdict(self)
        fields["baselines"] = {
            name: {"value": value, "standard_error": error}
            for name, (value, error) in self.baselines.items()
        }
        return fields

    def row(self):
        """The cells of the number's row in a table: a tuple of str."""
        value = with_error(self.value, self.standard_error)
        reference = with_error(self.reference, self.reference_error)
        baselines = "\n".join(
            f"{name}: {with_error(*pair)}"
            for name, pair in self.baselines.items()
        )
        if self.reference is None:
            reference = ""
        return self.title, value, self.unit, self.better, reference, baselines


def result_of(metric):
    """A metric's result and standard error: floats, None if not finite."""
    pair = float(metric.result()), float(metric.standard_error())
    return tuple(x if math.isfinite(x) else None for x in pair)


def with_error(value, error):
    """A value and its standard error as text.

    The error has two digits, and the value as many decimals as the error. A
    value without an error has four digits.
    """
    if value is None:
        return "not finite"
    if error is None:
        return f"{value:.4g}"
    if error <= 0:
        return f"{value:.4g} ± 0"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f}"


@dataclasses.dataclass(frozen=True)
class Report:
    """What `evaluate` found.

    Args:
        preset: str. The model's name.
        data: str. The images' name.
        images: int. Number of images.
        images_colored: int. Number of the first images, which were colored.
        num_samples: int. Colorings of each.
        readout: str. Readout of the colorings.
        temperature: float or pair of floats. Temperature of the colorings.
        seed: int. Seed of the colorings.
        classifier: str or None. The classifier, and the size at which it sees.
        protocol: dict of str. How the numbers were measured.
        numbers: dict of `Number`, by name.
        seconds: dict of float. Duration of each stage.
        machine: dict. Processor, cores and accelerators.
        versions: dict of str.
        colorings: `Colorings`. The originals and their colorings.
    """

    preset: str
    data: str
    images: int
    images_colored: int
    num_samples: int
    readout: str
    temperature: float | tuple
    seed: int
    classifier: str | None
    protocol: dict
    numbers: dict
    seconds: dict
    machine: dict
    versions: dict
    colorings: object = dataclasses.field(repr=False)

    @property
    def evaluation_data(self):
        """The images in one line, for a preset's card."""
        text = f"{self.images:,} images of {self.data}"
        if self.images_colored < self.images:
            text += f" ({self.images_colored:,} of them colored)"
        samples = f"{self.num_samples} sample{'s' * (self.num_samples > 1)}"
        text += f", {samples} each, readout {self.readout}, temperature "
        text += f"{self.temperature}, seed {self.seed}"
        if self.classifier is not None:
            text += f", classifier {self.classifier}"
        return text

    def rows(self):
        """The table's rows: tuples of str, the titles first."""
        titles = ("", "value", "unit", "better", "originals", "baselines")
        return [titles, *[number.row() for number in self.numbers.values()]]

    def table(self, width=None):
        """The numbers with their standard errors, as text.

        Args:
            width: As in `keras_colorize.tables.text_table`.
        """
        title = f"{self.preset} on {self.evaluation_data}"
        title = textwrap.fill(title, width or len(title))
        return f"{title}\n{text_table(self.rows(), width)}{ERRORS}\n"

    def markdown(self):
        """The numbers with their standard errors, as Markdown for a card."""
        # Names of folders can hold HTML.
        rows = [
            ["\n".join(map(markdown_text, cell.split("\n"))) for cell in row]
            for row in self.rows()
        ]
        title = markdown_text(f"{self.preset} on {self.evaluation_data}")
        facts = [
            f"- {name}: {markdown_text(text)}\n"
            for name, text in self.protocol.items()
        ]
        return (
            f"{markdown_table(rows)}\nPreset {title}. {ERRORS}\n\n"
            f"{''.join(facts)}"
        )

    def json(self):
        """The numbers and how they were measured, as JSON."""
        content = {"schema": SCHEMA, **vars(self)}
        content["best_of"] = content.pop("colorings").best_of()
        content["numbers"] = {
            name: number.to_json() for name, number in self.numbers.items()
        }
        return json.dumps(content, indent=2, allow_nan=False) + "\n"

    def save(self, path, curve=None, overwrite=False):
        """Writes the report to a file.

        Args:
            path: str or Path. The suffix chooses the form: `.json`; `.md`, the
                table for a card; or `.html`, one page with plots and samples,
                which needs matplotlib.
            curve: dict or None. A learning curve for the page, from
                `read_curve`.
            overwrite: bool. Whether to replace a file.

        Raises:
            FileExistsError: If there is a file and `overwrite` is False.
            ImportError: If matplotlib is needed and not installed.
            ValueError: If the path has another suffix.
        """
        from keras_colorize.evaluation.page import page

        forms = {
            ".json": self.json,
            ".md": self.markdown,
            ".html": lambda: page(self, curve),
        }
        suffix = pathlib.Path(path).suffix
        if suffix not in forms:
            raise ValueError(
                f"{path} ends in {suffix!r}. Expected one of {tuple(forms)}."
            )
        if not overwrite and os.path.lexists(path):
            raise FileExistsError(
                f"{path} exists. Give another name, or overwrite=True to "
                "replace it."
            )
        atomic_write(path, forms[suffix]().encode())

    def card_metrics(self):
        """The numbers for `save_to_preset(card={"metrics": ...})`."""
        return {
            name: (number.value, number.standard_error)
            for name, number in self.numbers.items()
        }

    def card_no_color(self):
        """The numbers of gray pictures, for a card's `no_color`.

        Measures without such a number are left out.
        """
        return {
            name: number.baselines["no color"]
            for name, number in self.numbers.items()
            if "no color" in number.baselines
        }
