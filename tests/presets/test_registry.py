import json

import keras
import pytest

from keras_colorize import Colorizer
from keras_colorize import ColorizerPIC
from keras_colorize.presets import register_presets
from keras_colorize.presets import registry
from tests.models.small import CONFIG

NAME = "pic_tinyimagenet64"


class Mine(ColorizerPIC):
    """A user's own, registered nowhere."""

    def __init__(self, *args, mood="calm", **kwargs):
        super().__init__(*args, **kwargs)
        self.mood = mood


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    monkeypatch.setattr(registry, "_built_in", dict(registry._built_in))


class TestRegisterPresets:
    def test_listed_for_the_class_and_its_bases_alone(self):
        before = dict(ColorizerPIC.presets)
        others = set(Colorizer.presets) - set(before)
        register_presets({"mine": {"config": CONFIG}}, Mine)
        assert list(Mine.presets) == ["mine"]
        assert Mine.presets["mine"]["class_name"] == "Mine"
        assert set(Colorizer.presets) == {*ColorizerPIC.presets, *others}
        assert set(ColorizerPIC.presets) == {*before, "mine"}

    def test_a_name_twice(self):
        with pytest.raises(ValueError, match=f"{NAME}.*of the class Colorizer"):
            register_presets({"new": {}, NAME: {"config": {}}}, Mine)
        assert "new" not in Colorizer.presets
        assert Colorizer.presets[NAME]["config"]["filters"] == 32

    def test_the_attribute_of_a_subclass_changes_nothing(self):
        before = dict(Colorizer.presets)
        type("Other", (ColorizerPIC,), {"presets": {NAME: {"config": {}}}})
        assert Colorizer.presets == before

    def test_what_is_listed(self):
        for entry in Colorizer.presets.values():
            assert set(entry) - {"how_to_get", "training"} == {
                "class_name",
                "description",
                "parameters",
                "size",
                "training_data",
                "weights",
                "config",
            }
            assert (entry["size"] is None) == (entry["weights"] is None)
            assert ("how_to_get" in entry) == (entry["weights"] is None)


class TestSubclassOfTheUser:
    def test_built_in_preset(self):
        model = Mine.from_preset(NAME, mood="wild")
        assert type(model) is Mine and model.mood == "wild"
        assert model.is_prepared

    def test_directory(self, preset):
        assert type(Mine.from_preset(preset)) is Mine

    def test_of_another_class(self, preset):
        class Other(Colorizer):
            pass

        with pytest.raises(ValueError, match="is a ColorizerPIC, not a Other"):
            Other.from_preset(preset)

    def test_unknown_argument(self, preset):
        with pytest.raises(ValueError, match="'humor'.*mood.*filters"):
            Mine.from_preset(preset, humor="dry")

    def test_other_weights(self, preset):
        class Larger(ColorizerPIC):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.scale = self.add_weight(name="scale", shape=(3,))

        with pytest.raises(ValueError, match=r"1 missing \(scale"):
            Larger.from_preset(preset)

    def test_nested_argument(self, tmp_path):
        """Of plain data, such as what describes an encoder."""

        @keras.saving.register_keras_serializable(package="keras_colorize")
        class WithEncoder(ColorizerPIC):
            def __init__(self, encoder, **kwargs):
                super().__init__(**kwargs)
                self.encoder = encoder

            def get_config(self):
                return {**super().get_config(), "encoder": self.encoder}

        encoder = {"name": "resnet", "widths": [8, 16], "norm": {"eps": 1e-5}}
        model = WithEncoder(encoder, **CONFIG)
        model.save_to_preset(tmp_path / "p")
        again = Colorizer.from_preset(tmp_path / "p")
        assert type(again) is WithEncoder and again.encoder == encoder
        content = json.loads((tmp_path / "p" / "config.json").read_text())
        del content["config"]["encoder"]
        (tmp_path / "p" / "config.json").write_text(json.dumps(content))
        with pytest.raises(ValueError, match="no argument 'encoder'"):
            Colorizer.from_preset(tmp_path / "p")
