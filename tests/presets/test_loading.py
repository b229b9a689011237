import json
import math
import pathlib

import keras
import numpy as np
import pytest
import safetensors.numpy

from keras_colorize import Colorizer
from keras_colorize import ColorizerPIC
from keras_colorize.presets.files import embedded_directory
from tests.models.small import images


def rewrite_weights(preset, change):
    path = preset / "model.safetensors"
    arrays = safetensors.numpy.load_file(path)
    change(arrays)
    safetensors.numpy.save_file(arrays, path)


def rewrite_config(preset, change):
    path = preset / "config.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


class TestFromPreset:
    def test_finds_the_class(self, preset):
        assert type(Colorizer.from_preset(preset)) is ColorizerPIC

    def test_dtype(self, preset):
        model = ColorizerPIC.from_preset(preset, dtype="mixed_bfloat16")
        assert model.dtype_policy.name == "mixed_bfloat16"

    def test_without_weights(self, preset):
        model = ColorizerPIC.from_preset(preset, load_weights=False)
        assert not model.is_prepared

    @pytest.mark.parametrize("name", ["pic_cifar10", "pic_imagenet128"])
    def test_unpublished(self, name):
        with pytest.raises(ValueError, match="no published weights yet") as e:
            ColorizerPIC.from_preset(name)
        for words in (
            "pic_tinyimagenet64",
            f"keras-colorize convert pic CHECKPOINT OUT --config {name}",
            "python examples/train_pic.py",
            f"--preset {name}",
            "hf://owner/name",
            "OUT/preset",
        ):
            assert words in str(e.value)

    def test_directory_of_an_unpublished_name(
        self, preset, tmp_path, monkeypatch
    ):
        preset.rename(tmp_path / "pic_cifar10")
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ValueError, match="'./pic_cifar10'"):
            ColorizerPIC.from_preset("pic_cifar10")
        ColorizerPIC.from_preset("./pic_cifar10")

    def test_unknown_override(self, preset):
        with pytest.raises(ValueError, match="The call .*'droput'"):
            ColorizerPIC.from_preset(preset, droput=0)

    def test_bad_override(self, preset):
        with pytest.raises(ValueError, match="makes no model.*rate"):
            ColorizerPIC.from_preset(preset, dropout=2)

    def test_compiled(self, preset):
        model = ColorizerPIC.from_preset(preset)
        logs = model.evaluate(images(4), verbose=0, return_dict=True)
        assert 0 < logs["bits_per_dim"] < 20
        assert not ColorizerPIC.from_preset(preset, compile=False).compiled

    def test_in_a_name_scope(self, preset, model):
        with keras.name_scope("outer"):
            loaded = ColorizerPIC.from_preset(preset)
        for ours, theirs in zip(loaded.weights, model.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)

    @pytest.mark.parametrize("name", ["pic_cifar10", "pic_imagenet128"])
    def test_unpublished_without_weights(self, name):
        model = ColorizerPIC.from_preset(name, load_weights=False, filters=8)
        count = sum(math.prod(v.shape) for v in model.trainable_variables)
        assert count < ColorizerPIC.presets[name]["parameters"]

    @pytest.mark.parametrize("bad", ["pic_imagenet12", "no/where", 3, None])
    def test_unknown(self, bad):
        with pytest.raises(ValueError, match="pic_tinyimagenet64"):
            ColorizerPIC.from_preset(bad)

    def test_directory_without_config(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="config.json"):
            ColorizerPIC.from_preset(tmp_path)

    @pytest.mark.parametrize("text", ["{", "[]", '{"class_name": 3}'])
    def test_damaged_config(self, text, preset):
        (preset / "config.json").write_text(text)
        with pytest.raises(ValueError, match="config.json"):
            ColorizerPIC.from_preset(preset)

    @pytest.mark.parametrize(
        "class_name", ["ColorizerXYZ", "WeightNormConv2D", "os.system"]
    )
    def test_other_class(self, class_name, preset):
        rewrite_config(preset, lambda c: c.update(class_name=class_name))
        with pytest.raises(ValueError, match="does not have"):
            ColorizerPIC.from_preset(preset)

    def test_unknown_argument(self, preset):
        rewrite_config(preset, lambda c: c["config"].update(color=1))
        with pytest.raises(ValueError, match="color"):
            ColorizerPIC.from_preset(preset)

    def test_missing_argument(self, preset):
        rewrite_config(preset, lambda c: c["config"].pop("embedding_filters"))
        with pytest.raises(ValueError, match="embedding_filters"):
            ColorizerPIC.from_preset(preset)


class TestWeights:
    def test_missing(self, preset):
        rewrite_weights(preset, lambda w: w.pop("head/conv/g"))
        with pytest.raises(ValueError, match=r"1 missing \(head/conv/g"):
            ColorizerPIC.from_preset(preset)

    def test_left_over(self, preset):
        rewrite_weights(preset, lambda w: w.update(more=np.zeros(1)))
        with pytest.raises(ValueError, match=r"1 left over \(more"):
            ColorizerPIC.from_preset(preset)

    def test_shape(self, preset):
        rewrite_weights(
            preset, lambda w: w.update({"head/conv/g": np.zeros(3, "float32")})
        )
        with pytest.raises(ValueError, match=r"\(3,\). Expected \(40,\)"):
            ColorizerPIC.from_preset(preset)

    def test_kind(self, preset):
        rewrite_weights(
            preset, lambda w: w.update({"head/conv/g": np.zeros(40, "int32")})
        )
        with pytest.raises(ValueError, match="dtype I32"):
            ColorizerPIC.from_preset(preset)

    @pytest.mark.parametrize("keep", [0, 4, 1000])
    def test_truncated(self, keep, preset):
        path = preset / "model.safetensors"
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(ValueError, match="model.safetensors is damaged"):
            ColorizerPIC.from_preset(preset)

    def test_absent(self, preset):
        (preset / "model.safetensors").unlink()
        with pytest.raises(FileNotFoundError, match="model.safetensors"):
            ColorizerPIC.from_preset(preset)


class TestEmbeddedPreset:
    NAME = "pic_tinyimagenet64"

    def test_is_as_small_as_promised(self):
        directory = embedded_directory(self.NAME)
        size = (directory / "model.safetensors").stat().st_size
        assert size == ColorizerPIC.presets[self.NAME]["size"] < 13e6
        model = ColorizerPIC.from_preset(self.NAME)
        count = sum(np.prod(v.shape) for v in model.trainable_variables)
        assert count <= 6_000_000

    def test_config_is_the_listed_one(self):
        content = json.loads(
            (embedded_directory(self.NAME) / "config.json").read_text()
        )
        listed = ColorizerPIC.from_preset(self.NAME, load_weights=False)
        stored = ColorizerPIC(**content["config"], name=listed.name)
        assert stored.get_config() == listed.get_config()

    def test_is_better_than_its_embedding_and_uniform(self):
        """On photographs that it was not trained on."""
        from PIL import Image

        folder = pathlib.Path(__file__).parents[2] / "examples" / "photos"
        photos = []
        for name in ("astronaut.jpg", "coffee.png", "rocket.jpg"):
            with Image.open(folder / name) as photo:
                photos.append(np.asarray(photo.convert("RGB").resize((64, 64))))
        model = ColorizerPIC.from_preset(self.NAME)
        logs = model.evaluate(np.stack(photos), verbose=0, return_dict=True)
        assert logs["bits_per_dim"] < logs["embedding_bits_per_dim"] < 8
