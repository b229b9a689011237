import sys

import numpy as np
import pytest

from keras_colorize import Colorizer
from keras_colorize import encoders
from tests.models.small import images


def small_backbone(library):
    """A small backbone with random weights, instead of the preset."""
    models = pytest.importorskip(library).models
    if library == "keras_cv":
        return models, models.ResNetBackbone(
            stackwise_filters=[8, 16],
            stackwise_blocks=[1, 1],
            stackwise_strides=[1, 2],
            include_rescaling=True,
        )
    return models, models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 16],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
    )


@pytest.mark.slow
class TestBackboneEncoders:
    @pytest.mark.parametrize("library", ["keras_cv", "keras_hub"])
    def test_fits_and_saves(self, run, photos, tmp_path, monkeypatch, library):
        import backbone_encoders as example

        models, backbone = small_backbone(library)
        asked = []

        def from_preset(preset, **overrides):
            asked.append((preset, overrides))
            return backbone

        monkeypatch.setattr(models.Backbone, "from_preset", from_preset)
        run(
            example,
            *(library.replace("_", "-"), photos, "--out", tmp_path / "mine"),
            *("--side", 32, "--epochs", 1),
        )
        assert asked == [
            ("resnet50_v2_imagenet", {"include_rescaling": True})
            if library == "keras_cv"
            else ("resnet_50_imagenet", {})
        ]
        model = Colorizer.from_preset(tmp_path / "mine")
        assert set(model.encoder.output) == {"stride4", "stride8"}
        assert isinstance(encoders.serialize(model.encoder)["layers"], list)
        gray = images(1, 24)[0, ..., 0]
        photo = model.generate(gray, readout="mode", verbose=0)[0]
        assert photo.shape == (24, 24, 3) and np.ptp(photo, axis=-1).max() > 0

    def test_missing_library(self, run, photos, tmp_path, monkeypatch, capsys):
        import backbone_encoders as example

        monkeypatch.setitem(sys.modules, "keras_hub", None)
        monkeypatch.setitem(sys.modules, "keras_hub.models", None)
        with pytest.raises(SystemExit):
            run(example, "keras-hub", photos, "--out", tmp_path / "mine")
        assert "keras-colorize[keras-hub]" in capsys.readouterr().err
