import json
import pathlib
import runpy
import sys

import pytest

from tests.models.small import small_pic
from tests.sampling.conftest import uncompiled as uncompiled

BENCHMARKS = pathlib.Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def folder_of_scripts(monkeypatch):
    """A script finds the modules beside it, as when it is run."""
    monkeypatch.syspath_prepend(BENCHMARKS)


@pytest.fixture(scope="package")
def preset(tmp_path_factory):
    path = tmp_path_factory.mktemp("presets") / "small"
    small_pic(image_size=4).save_to_preset(path)
    return path


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs a script in this process: its results and what it prints."""

    def call(script, *args):
        path = tmp_path / "results.json"
        args = [*map(str, args), "--json", str(path)]
        monkeypatch.setattr(sys, "argv", [script, *args])
        runpy.run_path(str(BENCHMARKS / script), run_name="__main__")
        return json.loads(path.read_text()), capsys.readouterr().out

    return call
