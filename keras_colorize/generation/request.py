"""The arguments of `Colorizer.generate`."""

import collections.abc
import dataclasses
import math
import numbers
import random

from keras_colorize.color.lab import GAMUTS
from keras_colorize.color.resample import UPSAMPLING
from keras_colorize.sampling import SAMPLERS

# The value of white, by dtype. Floats are not scaled or rounded.
LEVELS = {"uint8": 255, "uint16": 65535, "float32": None}

BEST_BY = ("likelihood", "colorfulness")


@dataclasses.dataclass(frozen=True)
class Request:
    """The arguments of `Colorizer.generate`: see there.

    The constructor checks arguments by themselves, and `check` checks them
    against a model. `Colorizer.draw` gets the request of a group of samples of
    one photograph, in which `like` is a histogram, with four more attributes.

    Attributes:
        hints_on_grid: Tensor `(1, h, w, channels + 1)` or None. The known
            chroma on the model's grid, normalized, and 1 where chroma is
            known, else 0.
        photograph_key: int. The number of the photograph from which its noise
            is made. The frames of a film share one; otherwise `draw` computes
            it.
        samples: range. The numbers of the samples, from 0. The last ones may
            be `num_samples` and more; they fill up the group.
        count_rows: Function or None. `draw` may call it with the number of
            rows drawn since the last call, to show progress.
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
    like: object = None
    best_of: int | None = None
    best_by: str = BEST_BY[0]
    hints_on_grid: object = None
    photograph_key: int | None = None
    samples: range | None = None
    count_rows: collections.abc.Callable | None = None

    def __post_init__(self):
        _check_count("num_samples", self.num_samples)
        if self.batch_size is not None:
            _check_count("batch_size", self.batch_size)
        if self.best_of is not None:
            _check_count("best_of", self.best_of)
            if self.best_of < self.num_samples:
                raise ValueError(
                    f"best_of is {self.best_of}, and num_samples is "
                    f"{self.num_samples}. Expected best_of colorings to be at "
                    "least as many as are kept."
                )
        if self.seed is None:
            # `keras.utils.set_random_seed` seeds Python's generator.
            object.__setattr__(self, "seed", random.getrandbits(32))
        elif not isinstance(self.seed, numbers.Integral) or self.seed < 0:
            raise ValueError(
                f"seed is {self.seed!r}. Expected an integer of at least 0, or "
                "None."
            )
        for name, options in (
            ("upsampling", UPSAMPLING),
            ("gamut", GAMUTS),
            ("dtype", tuple(LEVELS)),
            ("sampler", tuple(SAMPLERS)),
            ("best_by", BEST_BY),
        ):
            if getattr(self, name) not in options:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}. Expected one of "
                    f"{options}."
                )

    def of_draws(self):
        """The request of all colorings that the best are chosen from."""
        if self.best_of is None:
            return self
        by_likelihood = self.best_by == "likelihood"
        return dataclasses.replace(
            self,
            num_samples=self.best_of,
            return_log_likelihood=self.return_log_likelihood or by_likelihood,
        )

    def check(self, model):
        """Raises an error if a model does not support the request.

        Args:
            model: `Colorizer`.

        Returns:
            The request, with the model's default readout if it had none.
        """
        self._check_temperature(model)
        draws = self.of_draws()
        for name, asked in (
            ("hints", self.hints is not None),
            ("likelihood", draws.return_log_likelihood),
            ("temperature", self.temperature != 1),
            ("readout", self.readout not in (None, *model.readouts[:1])),
        ):
            if asked and name not in model.supports:
                advice = ""
                if name == "likelihood" and not self.return_log_likelihood:
                    advice = " Choose best_by='colorfulness'."
                raise ValueError(
                    f"{type(model).__name__} does not support {name}. "
                    "Expected only options that it supports: "
                    f"{', '.join(sorted(model.supports)) or 'none'}.{advice}"
                )
        readout = self.readout or model.default_readout(draws._is_drawn)
        if readout not in model.readouts:
            raise ValueError(
                f"readout is {readout!r}. Expected one of {model.readouts}."
            )
        most = model.most_samples(readout)
        if most is not None and draws.num_samples > most:
            name = "num_samples" if self.best_of is None else "best_of"
            raise ValueError(
                f"{name} is {draws.num_samples}, and the readout "
                f"{readout!r} of {type(model).__name__} has {most} colorings. "
                f"Expected at most {most}, or another readout of "
                f"{model.readouts}."
            )
        return dataclasses.replace(self, readout=readout)

    @property
    def _is_drawn(self):
        """See `Colorizer.default_readout`."""
        return (
            self.num_samples > 1
            or self.hints is not None
            or self.temperature != 1
            or self.return_log_likelihood
        )

    def _check_temperature(self, model):
        value = self.temperature
        values = value if isinstance(value, (tuple, list)) else (value,)
        most = model.temperatures
        lengths = sorted({1, min(model.color_space.channels, most), most})
        expected = (
            f"Expected {' or '.join(map(str, lengths))} finite numbers of at "
            "least 0."
        )
        if not all(isinstance(x, numbers.Real) for x in values):
            raise TypeError(f"temperature is {value!r}. {expected}")
        if len(values) not in lengths:
            raise ValueError(
                f"temperature has {len(values)} numbers: {value!r}. {expected}"
            )
        if not all(0 <= x < math.inf for x in values):
            raise ValueError(f"temperature is {value!r}. {expected}")


def _check_count(name, value):
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(
            f"{name} is {value!r}. Expected an integer of at least 1."
        )
    if value < 1:
        raise ValueError(f"{name} is {value}. Expected at least 1.")
