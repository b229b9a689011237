import json
import pathlib

import numpy as np
import pytest
from PIL import Image

from keras_colorize.evaluation import classifier
from keras_colorize_cli import evaluate
from keras_colorize_cli import loading
from keras_colorize_cli.main import main
from tests.encoders.test_efficientnet_lite0 import random_state
from tests.encoders.test_efficientnet_lite0 import save
from tests.models.small import images


@pytest.fixture
def array(tmp_path):
    np.save(tmp_path / "images.npy", images(7))
    return tmp_path / "images.npy"


@pytest.fixture
def run(model, monkeypatch, capsys):
    """Runs the command in this process, with `model` for every preset."""
    monkeypatch.setattr(loading, "load_model", lambda *_, **options: model)

    def run(*argv):
        capsys.readouterr()
        code = main(["evaluate", *map(str, argv)])
        return code, *capsys.readouterr()

    return run


class TestEvaluate:
    def test_report(self, run, array, preset, tmp_path):
        curve = tmp_path / "curve.csv"
        curve.write_text("step,bits_per_dim\n1,4.0\n2,3.0\n")
        argv = (
            *("--preset", preset, "--data", array, "--limit", 4),
            *("--num-colored", 3, "--num-samples", 2, "--seed", 1),
            *("--baseline", array, "--curve", curve, "--temperature", 0.5),
            *("--output", tmp_path / "new" / "report"),
        )
        code, out, err = run(*argv)
        assert code == 0
        assert "tiny on 4 images of images.npy (3 of them colored)" in out
        for title in ("bits per dimension", "embedding", "PSNR", "saturation"):
            assert title in out
        assert err == ""
        folder = tmp_path / "new" / "report"
        names = sorted(path.name for path in folder.iterdir())
        assert names == ["report.html", "report.json", "report.md"]
        content = json.loads((folder / "report.json").read_text())
        assert content["preset"] == "tiny" and content["num_samples"] == 2
        baselines = content["numbers"]["bits_per_dim"]["baselines"]
        assert "histogram of training images" in baselines
        assert "3 training images" in str(content["protocol"])
        assert "temperature 0.5" in content["protocol"]["colorings"]
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert "Learning curve" in page
        # Nothing tells where things were.
        assert str(tmp_path) not in page + json.dumps(content)

        code, _, err = run(*argv)
        assert code == 2 and "--overwrite" in err
        assert run(*argv, "--overwrite")[0] == 0

    @pytest.mark.slow
    def test_readout_and_classifier(self, run, tmp_path, monkeypatch):
        """From the file of weights to the page."""
        pytest.importorskip("torch")
        weights = save(random_state(), tmp_path / "lite0.pth")
        # A larger picture takes time, and has no other rows.
        monkeypatch.setattr(classifier, "_LITE0_SIZE", 32)
        np.save(tmp_path / "images.npy", images(100))
        code, out, _ = run(
            *("--data", tmp_path / "images.npy", "--num-samples", 1),
            *("--readout", "mean", "--classifier", weights),
            *("--output", tmp_path / "report"),
        )
        assert code == 0
        assert "readout mean" in out and "EfficientNet-Lite0 at 32x32" in out
        content = json.loads((tmp_path / "report/report.json").read_text())
        assert content["readout"] == "mean"
        agreement = content["numbers"]["class_agreement"]
        assert 0 <= agreement["value"] <= 100
        assert agreement["standard_error"] is not None
        distance = content["numbers"]["kernel_distance"]
        assert distance["value"] and distance["baselines"]["no color"]["value"]
        for name in ("report.md", "report.html"):
            text = (tmp_path / "report" / name).read_text(encoding="utf-8")
            assert "most likely class" in text and "KID x 1000" in text

    def test_readout_that_the_model_lacks(self, preset, array, capsys):
        argv = ["--preset", preset, "--data", array, "--readout", "best"]
        assert main(["evaluate", *map(str, argv)]) == 2
        assert "Expected one of ('sample'" in capsys.readouterr().err

    def test_folder_without_output(self, run, photo, tmp_path):
        for i in range(2):
            photo(tmp_path / "photos" / f"{i}.png", channels=3, seed=i)
        code, out, _ = run("--data", tmp_path / "photos", "--num-samples", 1)
        assert code == 0 and "2 images of photos" in out
        assert [p.name for p in tmp_path.iterdir()] == ["photos"]

    def test_resize(self, run, photo, tmp_path, monkeypatch):
        path = photo(tmp_path / "photos" / "a.png", channels=3)
        given = {}

        def stop(model, images, **options):
            given.update(options, images=images)
            raise KeyboardInterrupt

        monkeypatch.setattr("keras_colorize.evaluation.evaluate", stop)
        code, _, _ = run("--data", path.parent, "--resize", "squash")
        assert code == 130 and given["resize"] == "squash"
        with Image.open(path) as image:
            expected = image.resize((8, 8), Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(given["images"], [np.asarray(expected)])

    def test_curve_beside_the_preset(self, tmp_path):
        preset = tmp_path / "run" / "preset"
        preset.mkdir(parents=True)
        assert evaluate._curve_of(preset) is None
        (tmp_path / "run" / "curve.csv").write_text("")
        curve = tmp_path / "run" / "curve.csv"
        assert evaluate._curve_of(preset) == curve
        assert evaluate._curve_of(pathlib.Path("pic_tinyimagenet64")) is None

    @pytest.mark.parametrize(
        "argv, words",
        [
            (["--data", "nowhere"], "nowhere"),
            (["--data", "{array}", "--baseline", "nowhere"], "nowhere"),
            (["--data", "{array}", "--baseline", "{array}"], "--limit"),
            (["--data", "{array}", "--limit", "8"], "7 images"),
            (["--data", "{array}", "-o", "{array}"], "is a file"),
            (["--data", "{array}", "--curve", "{array}"], "learning curve"),
            (["--data", "{text}"], "cannot be read"),
            (["--data", "{array}", "--classifier", "nowhere"], "no file"),
        ],
    )
    def test_refused_before_anything_is_loaded(
        self, argv, words, array, tmp_path, monkeypatch, capsys
    ):
        def load(*_, **options):
            raise AssertionError("the preset was loaded")

        monkeypatch.setattr(loading, "load_model", load)
        text = tmp_path / "text.npy"
        text.write_text("text")
        argv = [word.format(array=array, text=text) for word in argv]
        assert main(["evaluate", *argv]) == 2
        assert words in capsys.readouterr().err

    def test_page_without_matplotlib(
        self, array, tmp_path, monkeypatch, capsys
    ):
        monkeypatch.setattr(
            evaluate.importlib.util, "find_spec", lambda _: None
        )
        argv = ["evaluate", "--data", str(array), "-o", str(tmp_path / "out")]
        assert main(argv) == 2
        assert "keras-colorize[demo]" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    def test_unreadable_photograph(self, run, photo, tmp_path):
        photo(tmp_path / "photos" / "a.png", channels=3)
        (tmp_path / "photos" / "b.png").write_text("no picture")
        code, out, err = run("--data", tmp_path / "photos")
        assert code == 2 and "b.png" in err and out == ""
