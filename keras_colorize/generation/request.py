"""What `Colorizer.generate` was asked for."""

import collections.abc
import dataclasses
import math
import numbers
import random

from keras_colorize.color.lab import GAMUTS
from keras_colorize.color.resample import UPSAMPLING
from keras_colorize.sampling import SAMPLERS

DTYPES = ("uint8", "uint16", "float32")


@dataclasses.dataclass(frozen=True)
class Request:
    """The arguments of `Colorizer.generate`, which explains them.

    Making a request checks all that does not depend on the model; `check`
    does the rest.

    Attributes:
        hints: As the user gives them. While a photograph is drawn: None or a
            tensor `(1, h, w, channels + 1)`, its known chroma on the model's
            grid, normalized, and 1 where it is known, else 0.
        count_rows: None or function of int. While a photograph is drawn: to be
            called with the number of rows that were drawn since the last call.
    """

    num_samples: int = 1
    temperature: float | tuple = 1.0
    readout: str | None = None
    seed: int | None = None
    batch_size: int | None = None
    upsampling: str = "guided"
    gamut: str = "desaturate"
    dtype: str = "uint8"
    sampler: str = "cached"
    return_log_likelihood: bool = False
    return_chroma: bool = False
    hints: object = None
    count_rows: collections.abc.Callable | None = None

    def __post_init__(self):
        _check_count("num_samples", self.num_samples)
        if self.batch_size is not None:
            _check_count("batch_size", self.batch_size)
        if self.seed is None:
            # Python's generator, which `keras.utils.set_random_seed` seeds.
            object.__setattr__(self, "seed", random.getrandbits(32))
        elif not isinstance(self.seed, numbers.Integral) or self.seed < 0:
            raise ValueError(
                f"seed is {self.seed!r}. Expected an integer of at least 0, or "
                "None."
            )
        for name, options in (
            ("upsampling", UPSAMPLING),
            ("gamut", GAMUTS),
            ("dtype", DTYPES),
            ("sampler", tuple(SAMPLERS)),
        ):
            if getattr(self, name) not in options:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}. Expected one of "
                    f"{options}."
                )

    def check(self, model):
        """Refuses what a model does not support.

        Args:
            model: `Colorizer`.

        Returns:
            The request with the model's own readout where none was asked for.

        Raises:
            TypeError, ValueError: If the model does not support it.
        """
        self.check_temperature(model)
        for name, asked in (
            ("hints", self.hints is not None),
            ("likelihood", self.return_log_likelihood),
            ("temperature", self.temperature != 1),
            ("readout", self.readout not in (None, *model.readouts[:1])),
        ):
            if asked and name not in model.supports:
                raise ValueError(
                    f"{type(model).__name__} does not support {name}. It "
                    f"supports {', '.join(sorted(model.supports)) or 'none'} "
                    "of the options of generate."
                )
        readout = self.readout or model.readouts[0]
        if readout not in model.readouts:
            raise ValueError(
                f"readout is {readout!r}. Expected one of {model.readouts}."
            )
        return dataclasses.replace(self, readout=readout)

    def check_temperature(self, model):
        """Refuses what is no temperature of a model."""
        value = self.temperature
        values = value if isinstance(value, (tuple, list)) else (value,)
        lengths = sorted({1, model.color_space.channels, model.temperatures})
        if not all(isinstance(x, numbers.Real) for x in values):
            raise TypeError(
                f"temperature is {value!r}. Expected a number, or a tuple of "
                f"{_either(lengths[1:])} numbers."
            )
        if len(values) not in lengths:
            raise ValueError(
                f"temperature has {len(values)} numbers: {value!r}. Expected "
                f"{_either(lengths)}."
            )
        if not all(0 <= x < math.inf for x in values):
            raise ValueError(
                f"temperature is {value!r}. Expected finite numbers of at "
                "least 0."
            )


def _either(numbers):
    return " or ".join(map(str, numbers))


def _check_count(name, value):
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(
            f"{name} is {value!r}. Expected an integer of at least 1."
        )
    if value < 1:
        raise ValueError(f"{name} is {value}. Expected at least 1.")
