"""The family of docs/add_a_family.md fits, samples, saves and is published."""

import pathlib
import re

import huggingface_hub
import keras
import numpy as np
import pytest

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lab
from tests.presets.conftest import hub as hub
from tests.presets.hub_server import TOKEN
from tests.presets.hub_uploads import add_uploads

PAGE = pathlib.Path(__file__).parents[2] / "docs/add_a_family.md"


def code():
    """The first code block of the page."""
    return re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]


@pytest.fixture(scope="module")
def family():
    """The class that the page defines."""
    names = {"__name__": __name__}
    exec(compile(code(), str(PAGE), "exec"), names)
    return names["ColorizerGaussian"]


def orange_images(count=16, size=8):
    """Orange of several brightnesses, uint8 `(count, size, size, 3)`."""
    rng = np.random.default_rng(0)
    light = rng.uniform(0.4, 1.0, (count, size, size, 1))
    return np.uint8(light * [255.0, 130.0, 30.0])


@pytest.fixture(scope="module")
def fitted(family):
    keras.utils.set_random_seed(0)
    model = family(image_size=8)
    model.compile(keras.optimizers.Adam(0.02))
    images = orange_images()
    before = model.evaluate(images, verbose=0, return_dict=True)
    history = model.fit(images, batch_size=8, epochs=40, verbose=0)
    after = model.evaluate(images, verbose=0, return_dict=True)
    return model, before, after, history


@pytest.fixture
def model(fitted):
    return fitted[0]


def gray_photograph():
    return np.tile(np.linspace(120, 200, 24, dtype="uint8"), (16, 1))


class TestAddAFamily:
    def test_four_methods_in_few_lines(self, family):
        methods = {name for name in vars(family) if not name.startswith("__")}
        defined = {name for name in methods if callable(vars(family)[name])}
        four = {"losses_of", "encode", "noise_shape", "draw"}
        assert defined == four
        lines = [line for line in code().splitlines() if line.strip()]
        assert len(lines) <= 36

    def test_fit(self, fitted):
        _, before, after, history = fitted
        assert set(history.history) == {"loss", "nats"}
        assert after["nats"] < before["nats"] - 0.5

    def test_loss_is_the_gaussian_one(self, model):
        images = orange_images(4)
        outputs = model(images)
        mean, log_scale, chroma = (
            keras.ops.convert_to_numpy(x)
            for x in (
                outputs["mean"],
                outputs["log_scale"],
                outputs["targets"]["chroma"],
            )
        )
        scale = np.exp(log_scale)
        density = np.exp(-((chroma - mean) ** 2) / (2 * scale**2)) / scale
        expected = -np.log(density).mean()
        found = model.evaluate(images, verbose=0, return_dict=True)["nats"]
        assert found == pytest.approx(expected, rel=1e-3)

    def test_samples_differ_and_are_orange(self, model):
        gray = gray_photograph()
        samples = model.generate(gray, num_samples=2, seed=0, verbose=0)
        assert samples.shape == (2, 16, 24, 3) and samples.dtype == np.uint8
        assert (samples[0] != samples[1]).any()
        lab = keras.ops.convert_to_numpy(rgb_to_lab(samples))
        true = keras.ops.convert_to_numpy(rgb_to_lab(orange_images(1)))
        assert np.sign(lab[..., 1:].mean((0, 1, 2))) == pytest.approx(
            np.sign(true[..., 1:].mean((0, 1, 2)))
        )

    def test_refuses_what_it_does_not_support(self, model):
        with pytest.raises(ValueError, match="temperature"):
            model.generate(gray_photograph(), temperature=0.5, verbose=0)

    def test_preset_comes_back_bit_for_bit(self, family, model, tmp_path):
        model.save_to_preset(tmp_path / "gaussian")
        again = Colorizer.from_preset(tmp_path / "gaussian")
        assert type(again) is family and again.image_size == 8
        np.testing.assert_array_equal(
            again.generate(gray_photograph(), 2, seed=0, verbose=0),
            model.generate(gray_photograph(), 2, seed=0, verbose=0),
        )

    def test_published(self, model, hub, monkeypatch):
        add_uploads(hub)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(
            huggingface_hub.constants, "HF_HUB_DISABLE_XET", True
        )
        info = model.push_to_hub("me/gaussian")
        again = Colorizer.from_preset("hf://me/gaussian", revision=info.oid)
        np.testing.assert_array_equal(
            again.generate(gray_photograph(), 2, seed=0, verbose=0),
            model.generate(gray_photograph(), 2, seed=0, verbose=0),
        )
