import json
import pathlib

import numpy as np
import pytest

from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.models import ColorizerPIC
from keras_colorize_cli import loading
from keras_colorize_cli.colorize import manifest
from keras_colorize_cli.main import main
from tests.models.small import small_pic


def names(folder):
    """The files in a folder and below but the manifest, hidden ones too."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink()) and path.name != manifest.NAME
    )


def records(folder):
    """The records of a folder's manifest."""
    lines = (folder / manifest.NAME).read_text().splitlines()
    return [json.loads(line) for line in lines]


def pixels(path):
    return read_photograph(path).pixels


@pytest.fixture(scope="session")
def preset(tmp_path_factory):
    """The directory of a preset so small that coloring takes no time."""
    path = tmp_path_factory.mktemp("presets") / "tiny"
    small_pic(
        embedding_blocks=(0, 0), embedding_dilations=(1, 1)
    ).save_to_preset(path)
    return path


@pytest.fixture(scope="session")
def model(preset):
    return ColorizerPIC.from_preset(preset)


@pytest.fixture
def photo():
    """Writes a photograph of random pixels; returns its path."""

    def write(path, channels=1, bits=8, alpha=None, shape=(12, 16), seed=0):
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        dtype = {8: np.uint8, 16: np.uint16}[bits]
        pixels = rng.integers(0, 1 << bits, (*shape, channels), dtype)
        if alpha is not None:
            alpha = np.full((*shape, 1), alpha, dtype)
            alpha[0] = np.iinfo(dtype).max
        write_photograph(path, Photograph(pixels, alpha))
        return path

    return write


@pytest.fixture
def run(model, monkeypatch, capsys):
    """Runs the command in this process, with `model` for every preset.

    Loading and compiling one anew each time would take most of the time.
    """
    monkeypatch.setattr(loading, "load_model", lambda *_, **options: model)

    def run(*argv):
        capsys.readouterr()
        code = main([str(argument) for argument in argv])
        return code, *capsys.readouterr()

    return run
