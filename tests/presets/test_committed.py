"""The presets that this repository holds, and what their cards say."""

import pathlib

import keras
import numpy as np
import pytest
import safetensors.numpy
from huggingface_hub import ModelCard
from PIL import Image

import keras_colorize
from keras_colorize import Colorizer
from keras_colorize import ColorizerHypercolumn
from keras_colorize import ColorizerPIC
from keras_colorize import ColorizerPixColor
from keras_colorize.evaluation import read_curve
from keras_colorize.evaluation.measures import gray_of
from keras_colorize.evaluation.report import with_error
from keras_colorize.presets.card import pictures_in

ROOT = pathlib.Path(__file__).parents[2]
PRESETS = {
    "pic_tinyimagenet64": ROOT / "keras_colorize" / "presets" / "embedded",
    "pic_cifar10": ROOT / "presets",
}


@pytest.mark.parametrize("name", PRESETS)
class TestCommittedPresets:
    def card(self, name):
        return ModelCard.load(PRESETS[name] / name / "README.md")

    def test_loads_and_knows_better_than_uniform(self, name):
        model = ColorizerPIC.from_preset(PRESETS[name] / name)
        photos = ROOT / "examples" / "photos"
        with Image.open(photos / "coffee.png") as photo:
            size = (model.image_size,) * 2
            image = np.asarray(photo.convert("RGB").resize(size))
        dimensions = (model.image_size // model.chroma_factor) ** 2 * 2
        bits = -model.log_likelihood(image[None])[0] / dimensions
        assert 0 < bits < 6

    def test_each_weight_is_the_file_s_of_its_path(self, name):
        """By the path that Keras gives the weight."""
        path = PRESETS[name] / name / "model.safetensors"
        stored = safetensors.numpy.load_file(path)
        model = ColorizerPIC.from_preset(PRESETS[name] / name)
        assert len(stored) == len(model.weights)
        for variable in model.weights:
            own = variable.path.removeprefix(f"{model.name}/")
            value = keras.ops.convert_to_numpy(variable)
            np.testing.assert_array_equal(value, stored[own])

    def test_front_matter_says_what_the_text_says(self, name):
        card = self.card(name)
        results = card.data.eval_results
        assert {"bits_per_dim", "saturation"} <= {
            result.metric_type for result in results
        }
        for result in results:
            error = (result.metric_args or {}).get("standard_error")
            assert with_error(result.metric_value, error) in card.text

    def test_files_that_the_card_shows_are_there(self, name):
        card = self.card(name)
        names = pictures_in(card.text)
        assert "samples.jpg" in names
        for file in names:
            with Image.open(PRESETS[name] / name / file) as picture:
                picture.verify()

    def test_learning_curve(self, name):
        curve = read_curve(PRESETS[name] / name / "curve.csv")
        assert curve["step"] == sorted(curve["step"])
        bits = curve["val_bits_per_dim"]
        assert bits[-1] == min(bits)


@pytest.mark.parametrize(
    "name, cls",
    [
        ("default", ColorizerPixColor),
        ("hypercolumn_lite", ColorizerHypercolumn),
    ],
)
def test_one_coloring_is_nearer_to_photographs_than_gray(name, cls):
    model = Colorizer.from_preset(name)
    assert type(model) is cls
    gains = []
    for name in ("astronaut.jpg", "coffee.png", "rocket.jpg"):
        with Image.open(ROOT / "examples" / "photos" / name) as photo:
            photo = photo.convert("RGB")
        photo.thumbnail((128, 128))
        original = np.asarray(photo)[None]
        psnr = [
            float(keras_colorize.metrics.PSNR().values(original, colored)[0])
            for colored in (
                model.generate(original, seed=0, verbose=0)[:, 0],
                gray_of(original),
            )
        ]
        gains.append(psnr[0] - psnr[1])
    assert np.mean(gains) > 0.5


def test_the_default_knows_better_than_a_histogram():
    """The histogram of the training images has 2.6 bits per dimension."""
    model = Colorizer.from_preset("default")
    assert type(model) is ColorizerPixColor and model.is_prepared
    for name in ("astronaut.jpg", "coffee.png", "rocket.jpg"):
        with Image.open(ROOT / "examples" / "photos" / name) as photo:
            photo = photo.convert("RGB").resize((128, 128))
        bits = -model.log_likelihood(np.asarray(photo)[None])[0]
        assert 0 < bits / (16 * 16 * 2) < 1.8


def test_mdn_lite_knows_fields():
    model = Colorizer.from_preset("mdn_lite")
    with Image.open(ROOT / "examples" / "photos" / "coffee.png") as photo:
        photo = np.asarray(photo.convert("RGB").resize((128, 128)))[None]
    field, gray = model.vae.field_and_gray(photo)
    decoded = model.vae.decode(model.vae.encode(field)[0], gray)
    error = keras.ops.mean((decoded - field) ** 2)
    assert error < 0.3 * keras.ops.mean(field**2)
    first, second = model.generate(
        photo[0], num_samples=2, readout="sample", seed=0, verbose=0
    )
    assert np.abs(first.astype(int) - second).mean() > 1
