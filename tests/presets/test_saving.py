import json

import keras
import numpy as np
import pytest
import safetensors

from keras_colorize import ColorizerPIC
from keras_colorize.presets import weights_of
from tests.models.small import CONFIG
from tests.models.small import images
from tests.models.small import small_pic


@pytest.fixture(scope="module")
def model():
    model = small_pic()
    model.prepare(images())
    return model


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
        assert again.is_prepared

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

    @pytest.mark.parametrize("target", ["empty", "nowhere"])
    def test_link_is_refused_before_the_work(
        self, target, model, tmp_path, monkeypatch
    ):
        (tmp_path / "empty").mkdir()
        (tmp_path / "p").symlink_to(tmp_path / target)
        monkeypatch.delattr("keras_colorize.presets.saving._save_weights")
        with pytest.raises(FileExistsError, match="exists already"):
            model.save_to_preset(tmp_path / "p")
        assert (tmp_path / "p").is_symlink()

    @pytest.mark.parametrize(
        "arguments, words",
        [
            ({"learning_rate_decay": np.inf}, "learning_rate_decay=inf.*plain"),
            (
                {"embedding_loss_weight": np.nan},
                "embedding_loss_weight=nan.*plain data",
            ),
        ],
    )
    def test_what_loading_refuses(self, arguments, words, tmp_path):
        with pytest.raises(ValueError, match=f"The model .* has {words}"):
            small_pic(**arguments).save_to_preset(tmp_path / "p")
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("name", ["Mine", "ColorizerPIC"])
    def test_class_that_loading_does_not_find(self, name, tmp_path):
        mine = type(name, (ColorizerPIC,), {})(**CONFIG)
        with pytest.raises(ValueError, match="register_keras_serializable"):
            mine.save_to_preset(tmp_path / "p")
        assert not list(tmp_path.iterdir())

    def test_numbers_of_numpy(self, tmp_path):
        model = small_pic(
            embedding_filters=list(np.array([8, 40])),
            embedding_blocks=tuple(np.array([0, 1])),
            filters=np.int64(8),
            gated=np.True_,
            dropout=np.float32(0.5),
            input_space=np.str_("rgb"),
        )
        model.save_to_preset(tmp_path / "p")
        again = ColorizerPIC.from_preset(tmp_path / "p")
        assert again.get_config() == model.get_config() | {"name": again.name}
        assert again.gated is True and type(again.filters) is int

    def test_failure_leaves_nothing(self, model, tmp_path, monkeypatch):
        def fail(*args):
            raise KeyboardInterrupt

        monkeypatch.setattr("keras_colorize.presets.saving._save_weights", fail)
        with pytest.raises(KeyboardInterrupt):
            model.save_to_preset(tmp_path / "p")
        assert not list(tmp_path.iterdir())

    def test_overflow_in_float16_is_refused(self, tmp_path):
        model = small_pic()
        model.head.conv.g.assign(np.full(40, 1e6, "float32"))
        with pytest.raises(ValueError, match="float16 cannot hold"):
            model.save_to_preset(tmp_path / "p", dtype="float16")
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        "dtype, stored",
        [(None, "F32"), ("float16", "F16"), ("bfloat16", "BF16")],
    )
    def test_stored_dtype(self, dtype, stored, model, tmp_path):
        model.save_to_preset(tmp_path / "p", dtype=dtype)
        path = tmp_path / "p" / "model.safetensors"
        with safetensors.safe_open(path, framework="numpy") as file:
            assert file.metadata() == {"format": "np"}
            for name in file.keys():
                expected = "I32" if name == "initialized" else stored
                assert file.get_slice(name).get_dtype() == expected

    def test_weights_in_bfloat16_are_stored_as_asked(self, tmp_path):
        small_pic(dtype="bfloat16").save_to_preset(tmp_path / "p", "float32")
        path = tmp_path / "p" / "model.safetensors"
        with safetensors.safe_open(path, framework="numpy") as file:
            assert file.get_slice("head/conv/g").get_dtype() == "F32"

    def test_weights_that_are_not_finite_are_kept(self, tmp_path):
        model = small_pic()
        values = np.array([np.nan, np.inf] * 20, "float32")
        model.head.conv.g.assign(values)
        model.save_to_preset(tmp_path / "p", dtype="float16")
        path = tmp_path / "p" / "model.safetensors"
        with safetensors.safe_open(path, framework="numpy") as file:
            stored = file.get_tensor("head/conv/g")
        np.testing.assert_array_equal(stored, values.astype("float16"))


class TestShards:
    @pytest.mark.parametrize("limit", [100_000, "100KB"])
    def test_round_trip(self, limit, model, tmp_path):
        model.save_to_preset(tmp_path / "p", max_shard_size=limit)
        files = sorted(p.name for p in (tmp_path / "p").glob("*.safetensors"))
        count = len(files)
        assert count > 2
        assert files == [
            f"model-{i:05d}-of-{count:05d}.safetensors"
            for i in range(1, count + 1)
        ]
        index = json.loads(
            (tmp_path / "p" / "model.safetensors.index.json").read_text()
        )
        sizes, found = [], {}
        for file in files:
            path = tmp_path / "p" / file
            assert path.stat().st_mode & 0o444 == 0o444
            with safetensors.safe_open(path, framework="numpy") as shard:
                assert shard.metadata() == {"format": "np"}
                arrays = {name: shard.get_tensor(name) for name in shard.keys()}
            assert all(index["weight_map"][name] == file for name in arrays)
            sizes.append(sum(array.nbytes for array in arrays.values()))
            assert sizes[-1] <= 100_000 or len(arrays) == 1
            found |= arrays
        assert index["metadata"] == {"total_size": sum(sizes)}
        weights = weights_of(model)
        assert set(found) == set(index["weight_map"]) == set(weights)
        for name, variable in weights.items():
            value = keras.ops.convert_to_numpy(variable)
            np.testing.assert_array_equal(found[name], value)

    def test_storage_counts(self, model, tmp_path):
        """Half the bytes a weight fit in one file of about half the size."""
        size = sum(4 * np.prod(v.shape) for v in model.weights)
        limit = int(0.6 * size)
        model.save_to_preset(tmp_path / "half", "float16", limit)
        model.save_to_preset(tmp_path / "whole", None, limit)
        assert len(list((tmp_path / "half").glob("*.safetensors"))) == 1
        assert len(list((tmp_path / "whole").glob("*.safetensors"))) > 1

    @pytest.mark.parametrize(
        "limit", [0, -1, 1.5, True, None, "5", "0GB", "-1GB", "5 gigabytes"]
    )
    def test_bad_size_is_refused(self, limit, model, tmp_path):
        with pytest.raises(ValueError, match="max_shard_size"):
            model.save_to_preset(tmp_path / "p", max_shard_size=limit)
        assert not list(tmp_path.iterdir())
