import huggingface_hub
import numpy as np
import pytest
from keras import ops

from keras_colorize.models import ColorizerPIC
from keras_colorize.models.checkpoint_files import open_checkpoint
from keras_colorize.models.pic import presets
from keras_colorize.models.pic.released_checkpoint import RELEASED
from keras_colorize_cli import convert
from keras_colorize_cli.main import main
from keras_colorize_cli.main import parser
from tests.cli.test_command import command
from tests.models import released_checkpoints
from tests.models import released_pic
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


def run(*argv):
    return main(["convert", "pic", *map(str, argv)])


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
