import json

import huggingface_hub
import numpy as np
import pytest
from keras import ops

from keras_colorize import Colorizer
from keras_colorize.models import ColorizerHypercolumn
from keras_colorize.models import ColorizerPIC
from keras_colorize.models.checkpoint_files import open_checkpoint
from keras_colorize.models.pic import presets
from keras_colorize.models.pic.released_checkpoint import RELEASED
from keras_colorize_cli import convert
from keras_colorize_cli.main import main
from keras_colorize_cli.main import parser
from tests.cli.test_command import command
from tests.models import released_checkpoints
from tests.models import released_hypercolumn
from tests.models import released_pic
from tests.models.cic.test_released_checkpoint import released_network
from tests.models.cic.test_released_checkpoint import saved
from tests.models.small import images

WIDTHS = (2, 2, 2, 2, 80)
AVERAGE = "/ExponentialMovingAverage"


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """A narrow checkpoint, which `--config pic_cifar10` now means."""
    small = {"embedding_filters": WIDTHS, "filters": 2, "num_blocks": 1}
    for name, value in small.items():
        monkeypatch.setitem(presets["pic_cifar10"]["config"], name, value)
    shapes = released_pic.variable_shapes("cifar", WIDTHS, 2, 80, 1)
    rng = np.random.default_rng(0)
    released_checkpoints.write(
        tmp_path / "model.ckpt",
        {
            name + suffix: released_checkpoints.random_value(name, shape, rng)
            for name, shape in shapes.items()
            for suffix in ("", AVERAGE)
        },
    )
    return tmp_path / "model.ckpt"


def run(*argv, model="pic"):
    return main(["convert", model, *map(str, argv)])


class TestConvert:
    def test_choices_are_the_packages(self):
        assert set(convert.CONFIGS) == set(RELEASED)

    def test_defaults(self):
        argv = ["convert", "pic", "model.ckpt", "out"]
        args = parser().parse_args(argv)
        assert args.config == "pic_imagenet128" and not args.raw

    @pytest.mark.parametrize("raw", [False, True])
    def test_converts(self, raw, checkpoint, tmp_path, capsys):
        out = tmp_path / "new" / "preset"
        flags = ["--raw"] if raw else []
        code = run(checkpoint, out, "--config", "pic_cifar10", *flags)
        assert code == 0
        model = ColorizerPIC.from_preset(out)
        # All weights but the flag that says they are initialized.
        assert capsys.readouterr().out == (
            f"{out}: a preset of {model.count_params() - 1:,} parameters.\n"
        )
        assert model.input_space == "rgb" and model.released_tails
        assert model.predict(images(1), verbose=0).shape == (1, 4, 4, 80)
        name = "picolor_template/conv_down/g" + ("" if raw else AVERAGE)
        with open_checkpoint(checkpoint) as reader:
            expected = reader.get_tensor(name)
        np.testing.assert_array_equal(
            ops.convert_to_numpy(model.first_u.g), expected
        )

        card = huggingface_hub.ModelCard.load(out / "README.md")
        assert card.data.library_name == "keras_colorize"
        assert card.data.pipeline_tag == "image-to-image"
        assert card.data.license == "other"
        for words in ("`model.ckpt`", "ask them before", "2.72", "CIFAR-10"):
            assert words in card.text
        assert ("not their moving averages" in card.text) == raw
        assert str(tmp_path) not in card.content

    @pytest.mark.slow
    def test_converts_hypercolumns(self, tmp_path, capsys):
        path = tmp_path / "autocolorize.caffemodel.h5"
        released_hypercolumn.write(path)
        out = tmp_path / "preset"
        assert run(path, out, model="hypercolumn") == 0
        assert capsys.readouterr().out == (
            f"{out}: a preset of 147,041,024 parameters.\n"
        )
        config = json.loads((out / "config.json").read_text())
        assert config["class_name"] == "ColorizerHypercolumn"
        assert (out / "model.safetensors").stat().st_size > 4 * 147_041_024

    def test_converts_cic(self, tmp_path, capsys):
        path = saved(tmp_path / "cic.pth", released_network().state_dict())
        out = tmp_path / "preset"
        assert run(path, out, model="cic") == 0
        assert capsys.readouterr().out.startswith(f"{out}: a preset of ")
        assert Colorizer.from_preset(out).width == 1 / 32

    def test_hypercolumns_errors(self, checkpoint, tmp_path, capsys):
        index = f"{checkpoint}.index"
        assert run(index, tmp_path / "out", model="hypercolumn") == 2
        assert "is not an HDF5 file" in capsys.readouterr().err
        for flags in (["--raw"], ["--config", "pic_cifar10"]):
            out = tmp_path / "out"
            assert run(index, out, *flags, model="hypercolumn") == 2
            assert "options of pic alone" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    def test_errors_leave_nothing(self, checkpoint, tmp_path, capsys):
        assert run(checkpoint, tmp_path / "out") == 2
        error = capsys.readouterr().err
        assert "does not fit pic_imagenet128" in error
        assert "It fits pic_cifar10: pass this preset (--config)" in error
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("kind", ["file", "folder", "link"])
    def test_existing_place_is_refused_before_any_work(self, kind, tmp_path):
        (tmp_path / "model.ckpt.index").touch()
        out = tmp_path / "out"
        if kind == "link":
            out.symlink_to("nowhere")
        else:
            out.touch() if kind == "file" else out.mkdir()
        done = command(
            *("convert", "pic", tmp_path / "model.ckpt", out), report=True
        )
        assert done.returncode == 2
        assert f"{out} exists already" in done.stderr
        assert "keras" not in done.stderr.splitlines()[-1].split()

    def test_missing_checkpoint(self, tmp_path, capsys):
        assert run(tmp_path / "model.ckpt", tmp_path / "out") == 2
        assert "no checkpoint" in capsys.readouterr().err

    def test_place_that_cannot_be_made(self, checkpoint, capsys):
        assert run(checkpoint, f"{checkpoint}.index/out") == 2
        assert "is a file. Choose another" in capsys.readouterr().err


class TestEfficientNetLite:
    @pytest.fixture(scope="class")
    def published(self, tmp_path_factory):
        lite0 = pytest.importorskip("tests.encoders.test_efficientnet_lite0")
        path = tmp_path_factory.mktemp("weights") / "lite0.pth"
        return lite0.save(lite0.random_state(), path)

    def convert(self, *argv):
        return main(["convert", "efficientnet_lite", *map(str, argv)])

    def test_converts(self, published, tmp_path, capsys):
        out = tmp_path / "new" / "lite0.weights.h5"
        assert self.convert(published, out) == 0
        # The published 4,652,008 and moving averages; no classifier and colors.
        assert "3,412,448 parameters" in capsys.readouterr().out
        assert [path.name for path in out.parent.iterdir()] == [out.name]
        model, expected = (
            ColorizerHypercolumn(
                "efficientnet_lite0", filters=2, encoder_weights=weights
            )
            for weights in (out, published)
        )
        for a, b in zip(model.encoder.weights, expected.encoder.weights):
            np.testing.assert_array_equal(*map(ops.convert_to_numpy, (a, b)))

    @pytest.mark.parametrize(
        "name, words",
        [("lite0.h5", "ends in .weights.h5"), ("a.weights.h5", "no file")],
    )
    def test_refused(self, name, words, tmp_path, capsys):
        assert self.convert(tmp_path / "none.pth", tmp_path / name) == 2
        assert words in capsys.readouterr().err
        assert not any(tmp_path.iterdir())
