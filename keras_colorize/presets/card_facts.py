"""The facts of a model card that the model does not hold."""

import dataclasses
import math
import re

from huggingface_hub.utils import validate_repo_id

# As the Hub spells them: apache-2.0, cc-by-nc-4.0, other.
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]*")


@dataclasses.dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What only the maker of a preset knows about the preset.

    Every argument is optional. The card says "Not stated" where a missing fact
    matters. Texts are Markdown.

    Args:
        description: str. A sentence or a paragraph on the model.
        license: str. The license of the weights by its name on the Hub, such
            as `"apache-2.0"` or `"cc-by-nc-4.0"`; or `"other"`.
        license_name: str. The name of the license if `license` is `"other"`.
        license_link: str. The address of the text of this license.
        datasets: list of str. The training data sets, by their Hub names.
        training_data: str. A description of the training data.
        recipe: str or dict. The training; a dictionary becomes a table.
        metrics: dict. The value of each measure, or the value and its standard
            error: `{"bits_per_dim": (2.18, 0.03)}`.
        no_color: dict. The same of gray pictures, for some of `metrics`.
        evaluation_data: str. The data on which `metrics` were measured.
        limits: str. What this model does badly and other models do well.
        tags: list of str. More tags on the Hub.
        sheet: A picture of samples: an array (H, W, 3), a PIL image or a path.
            `keras_colorize.images.contact_sheet` makes one of several pictures.
    """

    description: str | None = None
    license: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    datasets: list | tuple = ()
    training_data: str | None = None
    recipe: str | dict | None = None
    metrics: dict = dataclasses.field(default_factory=dict)
    no_color: dict = dataclasses.field(default_factory=dict)
    evaluation_data: str | None = None
    limits: str | None = None
    tags: list | tuple = ()
    sheet: object = None

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            names = field.name in ("datasets", "tags")
            if not isinstance(value, field.type) or (
                names and not all(isinstance(item, str) for item in value)
            ):
                expected = getattr(field.type, "__name__", field.type)
                raise TypeError(
                    f"The card's {field.name} is {value!r}. Expected "
                    f"{'list of str' if names else expected}."
                )
        if self.license is not None and not _LICENSE.fullmatch(self.license):
            raise ValueError(
                f"The card's license is {self.license!r}. Expected the name of "
                'a license on the Hub, such as "apache-2.0", or "other".'
            )
        is_other = self.license == "other"
        if is_other != bool(self.license_name) or (
            self.license_link and not is_other
        ):
            raise ValueError(
                f"The card has license={self.license!r}, license_name="
                f"{self.license_name!r} and license_link="
                f'{self.license_link!r}. Expected license="other" with a '
                "license_name (and a license_link), or another license alone."
            )
        for name in self.datasets:
            try:
                validate_repo_id(name)
            except ValueError as error:
                raise ValueError(
                    f"The card's datasets have {name!r}. Expected names on the "
                    'Hub, such as "owner/name". Describe other data sets in '
                    "training_data."
                ) from error
        if self.metrics and not self.evaluation_data:
            raise ValueError(
                "The card has metrics without evaluation_data. Name the data "
                "on which the metrics were measured."
            )
        unknown = sorted(set(self.no_color) - set(self.metrics))
        if unknown:
            raise ValueError(
                f"The card's no_color has {unknown[0]!r}, which metrics do not "
                "have. Expected some of the names of metrics."
            )
        self.measures()
        self.measures_of_gray()

    def measures(self):
        """Each of `metrics` as its value and its standard error or None."""
        return {name: _number(name, v) for name, v in self.metrics.items()}

    def measures_of_gray(self):
        """Each of `no_color` as its value and its standard error or None."""
        return {name: _number(name, v) for name, v in self.no_color.items()}


def card_facts(card):
    """The `CardFacts` of a dictionary or None from the user."""
    names = [field.name for field in dataclasses.fields(CardFacts)]
    if not isinstance(card, dict | None) or set(card or ()) - set(names):
        shown = list(card) if isinstance(card, dict) else card
        raise ValueError(
            f"card has {shown!r:.200}. Expected None, or a dictionary of some "
            f"of {', '.join(names)}."
        )
    return CardFacts(**(card or {}))


def _number(name, value):
    """A measure's value and its standard error or None."""
    pair = value if isinstance(value, (tuple, list)) else (value, None)
    try:
        value, error = pair
        is_number = math.isfinite(value) and 0 <= (error or 0) < math.inf
    except (TypeError, ValueError):
        is_number = False
    if not (is_number and isinstance(name, str)):
        raise ValueError(
            f"The card's metrics have {name!r}: {pair!r}. Expected a name and "
            "a finite number, or a name and the pair of a finite number and "
            "its standard error, at least 0."
        )
    return float(value), None if error is None else float(error)
