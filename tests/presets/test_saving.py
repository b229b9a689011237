import json

import numpy as np
import pytest

from keras_colorize import ColorizerPIC
from tests.models.small import CONFIG
from tests.models.small import images


class TestSaveToPreset:
    def test_files(self, preset):
        names = {path.name for path in preset.iterdir()}
        assert names == {"config.json", "model.safetensors", "README.md"}
        content = json.loads((preset / "config.json").read_text())
        assert content["class_name"] == "ColorizerPIC"
        assert content["config"]["filters"] == CONFIG["filters"]
        assert "dtype" not in content["config"]

    @pytest.mark.parametrize(
        "dtype, tolerance",
        [(None, 0), ("float32", 0), ("float16", 1e-3), ("bfloat16", 8e-3)],
    )
    def test_round_trip(self, dtype, tolerance, model, tmp_path):
        model.save_to_preset(tmp_path / "p", dtype=dtype)
        again = ColorizerPIC.from_preset(tmp_path / "p")
        for ours, theirs in zip(again.get_weights(), model.get_weights()):
            np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=1e-6)
        assert again.is_initialized

    def test_same_samples_after_round_trip(self, model, preset):
        gray = images(1, 12)[0, ..., 0]
        again = ColorizerPIC.from_preset(str(preset))
        np.testing.assert_array_equal(
            again.generate(gray, 2, seed=0, verbose=0),
            model.generate(gray, 2, seed=0, verbose=0),
        )

    def test_training_goes_on(self, preset):
        model = ColorizerPIC.from_preset(preset, dropout=0.1)
        assert model.dropout == 0.1
        model.compile()
        model.fit(images(), verbose=0)

    def test_existing_place_is_refused(self, model, preset):
        before = (preset / "model.safetensors").read_bytes()
        with pytest.raises(FileExistsError, match="exists already"):
            model.save_to_preset(preset)
        assert (preset / "model.safetensors").read_bytes() == before

    def test_unknown_dtype_is_refused(self, model, tmp_path):
        with pytest.raises(ValueError, match="int8"):
            model.save_to_preset(tmp_path / "p", dtype="int8")
        assert not list(tmp_path.iterdir())

    def test_failure_leaves_nothing(self, model, tmp_path, monkeypatch):
        def fail(*args):
            raise KeyboardInterrupt

        monkeypatch.setattr("keras_colorize.presets.saving._save_weights", fail)
        with pytest.raises(KeyboardInterrupt):
            model.save_to_preset(tmp_path / "p")
        assert not list(tmp_path.iterdir())

    def test_overflow_in_float16_is_refused(self, model, tmp_path):
        model.head.conv.g.assign(np.full(40, 1e6, "float32"))
        with pytest.raises(ValueError, match="float16 cannot hold"):
            model.save_to_preset(tmp_path / "p", dtype="float16")
        assert not list(tmp_path.iterdir())
