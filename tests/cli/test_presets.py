import math

import pytest

from keras_colorize.models import Colorizer
from keras_colorize_cli.main import main


class TestPresets:
    def test_table(self, capsys):
        assert main(["presets"]) == 0
        text = capsys.readouterr().out
        for name, entry in Colorizer.presets.items():
            (line,) = (x for x in text.splitlines() if f" {name} " in x)
            for key in ("class_name", "description", "training_data"):
                assert entry[key] in line
            if entry["size"] is not None:
                assert f"{entry['size'] / 1e6:.1f} MB" in line
        assert "25,876,064" in text and "110,602,272" in text
        assert "in the package" in text and "not published yet" in text

    @pytest.mark.parametrize(
        "name", ["hypercolumn_lite", "pixcolor_lite", "pic_tinyimagenet64"]
    )
    def test_parameters_of_the_embedded_ones(self, name):
        model = Colorizer.from_preset(name, load_weights=False)
        count = sum(math.prod(v.shape) for v in model.trainable_variables)
        assert Colorizer.presets[name]["parameters"] == count
