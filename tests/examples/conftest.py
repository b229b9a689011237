import pathlib
import sys

import pytest
from PIL import Image

from keras_colorize import ColorizerHypercolumn
from keras_colorize import encoders
from tests.models.small import images

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def examples_on_path(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)


@pytest.fixture
def run(monkeypatch):
    """Calls the `main` of an example with arguments."""

    def run(module, *arguments):
        argv = [module.__name__, *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", argv)
        module.main()

    return run


@pytest.fixture
def photos(tmp_path):
    """A folder of 8 random photographs of 40 x 48 pixels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, rgb in enumerate(images(8, 48)):
        Image.fromarray(rgb[:40]).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def lite0_weights(tmp_path):
    """A file of random weights of EfficientNet-Lite0."""
    path = tmp_path / "lite0.weights.h5"
    encoders.efficientnet_lite0(batch_norm=False).save_weights(path)
    return path


@pytest.fixture
def start(tmp_path):
    """A small hypercolumn model, and its preset `tmp_path / "start"`."""
    model = ColorizerHypercolumn(
        {"name": "efficientnet_lite0", "batch_norm": False},
        distribution="lab_joint",
        filters=8,
        hidden_filters=6,
        image_size=32,
    )
    model.save_to_preset(tmp_path / "start")
    return model
