"""One number of a report."""

import dataclasses
import math

BETTER = ("lower", "higher", "closer to reference")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Number:
    """A measure's value on a set of images.

    Args:
        title: str. What it is, for people.
        value: float or None. None if it is not finite.
        standard_error: float or None. Over images; None where there is none.
        unit: str. Empty for numbers without.
        better: str. `"lower"`, `"higher"` or `"closer to reference"`.
        reference: float or None. What the originals have.
        reference_error: float or None. Its standard error.
        baselines: dict. What others have in its place, by their names: pairs
            of value and standard error, which may be None.
    """

    title: str
    value: float | None
    standard_error: float | None
    unit: str
    better: str
    reference: float | None = None
    reference_error: float | None = None
    baselines: dict = dataclasses.field(default_factory=dict)

    def to_json(self):
        """The number in JSON's types."""
        fields = dataclasses.asdict(self)
        fields["baselines"] = {
            name: {"value": value, "standard_error": error}
            for name, (value, error) in self.baselines.items()
        }
        return fields


def finite(tensor):
    """A tensor's value as a float; None where it is NaN or infinite."""
    value = float(tensor)
    return value if math.isfinite(value) else None


def with_error(value, error):
    """A value and its standard error as text, as precise as the error is.

    The error is given with two digits; a value without one with four.
    """
    if value is None:
        return "not finite"
    if error is None:
        return f"{value:.4g}"
    if error <= 0:
        return f"{value:.4g} ± 0"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f}"
