"""The number of programs that photographs of many sizes need."""

import collections

import keras
import numpy as np
import pytest

from keras_colorize import Colorizer
from keras_colorize.models import autoregressive
from keras_colorize.models.hypercolumn import hypercolumn_colorizer
from keras_colorize.sampling import cached


@pytest.fixture
def traced(monkeypatch):
    """Counts how often each compiled function is traced, by its number."""
    traced = collections.Counter()
    made = []

    def counting(compiled):
        def wrapped(function, *args, **kwargs):
            number = len(made)
            made.append(function)

            def counted(*inputs):
                traced[number] += 1
                return function(*inputs)

            return compiled(counted, *args, **kwargs)

        return wrapped

    for module in (autoregressive, hypercolumn_colorizer, cached):
        monkeypatch.setattr(module, "compiled", counting(module.compiled))
    return traced


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="compiles nothing"
)
@pytest.mark.parametrize(
    ("preset", "readout", "functions"),
    [
        ("hypercolumn_lite", "expectation", 1),
        ("pixcolor_lite", "expectation", 1),
        # Encoder; fold, prepare, begin and sample_rows of the sampler.
        ("pixcolor_lite", "sample", 5),
        ("pic_tinyimagenet64", "sample", 5),
    ],
)
def test_sixty_crops(preset, readout, functions, traced):
    model = Colorizer.from_preset(preset)
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (240, 240), dtype="uint8")
    sizes = [tuple(rng.integers(20, 241, 2)) for _ in range(60)]
    assert len(set(sizes)) == 60
    crops = [photo[:h, :w] for h, w in sizes]
    model.generate(crops, readout=readout, verbose=0, seed=0)
    assert len(traced) == functions
    assert 1 <= max(traced.values()) <= 4
