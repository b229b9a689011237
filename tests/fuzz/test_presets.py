"""Mutated configs and weights of presets."""

import functools
import json
import pathlib
import shutil
import tempfile
import warnings

import keras
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import event
from hypothesis import given
from hypothesis import strategies as st

from keras_colorize import Colorizer
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.files import INDEX
from keras_colorize.presets.files import WEIGHTS
from keras_colorize.presets.shape_check import weights_of
from tests.fuzz.budget import bounded
from tests.fuzz.budget import budget
from tests.fuzz.mutations import CHANGES
from tests.fuzz.mutations import EDITS
from tests.fuzz.mutations import changed
from tests.fuzz.mutations import edited
from tests.models.hypercolumn.test_hypercolumn_colorizer import small_model
from tests.models.mdn.small import small_mdn
from tests.models.pixcolor.small import small_pixcolor
from tests.models.small import small_pic

_MODELS = {
    "hypercolumn": small_model,
    "mdn": small_mdn,
    "pic": small_pic,
    "pixcolor": small_pixcolor,
}


@functools.cache
def _seed(family, **options):
    """The files of a good preset: bytes by name."""
    with tempfile.TemporaryDirectory() as folder:
        _MODELS[family]().save_to_preset(folder, **options)
        files = {p.name: p.read_bytes() for p in pathlib.Path(folder).iterdir()}
    del files["README.md"]
    return files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "preset"


@pytest.mark.slow
class TestPresets:
    @budget(100)
    @given(family=st.sampled_from(sorted(_MODELS)), edits=EDITS)
    def test_config(self, folder, family, edits):
        files = _seed(family)
        config = edited(json.loads(files[CONFIG]), edits)
        _check(folder, files | {CONFIG: json.dumps(config).encode()})

    @budget(100)
    @given(changes=CHANGES)
    def test_bytes_of_a_config(self, folder, changes):
        files = _seed("pic")
        _check(folder, files | {CONFIG: changed(files[CONFIG], changes)})

    @budget(200)
    @given(edits=EDITS)
    def test_header_of_weights(self, folder, edits):
        files = _seed("pic")
        data = files[WEIGHTS]
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.dumps(edited(json.loads(data[8:start]), edits)).encode()
        length = len(header).to_bytes(8, "little")
        _check(folder, files | {WEIGHTS: length + header + data[start:]})

    @budget(200)
    @given(changes=CHANGES)
    def test_bytes_of_weights(self, folder, changes):
        files = _seed("pic")
        _check(folder, files | {WEIGHTS: changed(files[WEIGHTS], changes)})

    @budget(100)
    @given(edits=EDITS)
    def test_index_of_shards(self, folder, edits):
        files = _seed("pic", max_shard_size="20KB")
        index = edited(json.loads(files[INDEX]), edits)
        _check(folder, files | {INDEX: json.dumps(index).encode()})


def _check(folder, files):
    """Loads a preset: a model whose weights are the file's, or an error."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with bounded(seconds=20, megabytes=500), warnings.catch_warnings():
        # Values that are not finite are loaded with a warning.
        warnings.simplefilter("ignore")
        try:
            model = Colorizer.from_preset(folder)
        except (ValueError, FileNotFoundError) as error:
            assert len(str(error)) < 2000, error
            model = None
    event("an error" if model is None else "a model")
    # Nothing was written, and nothing was changed.
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == files
    if model is not None:
        tensors = {}
        for path in folder.glob("*.safetensors"):
            tensors |= safetensors.numpy.load_file(path)
        weights = weights_of(model)
        assert set(weights) == set(tensors)
        for name, weight in weights.items():
            value = keras.ops.convert_to_numpy(weight)
            np.testing.assert_array_equal(value, tensors[name])
