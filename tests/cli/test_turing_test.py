import json

import numpy as np
import pytest

from keras_colorize.evaluation import turing_test as library
from keras_colorize_cli import loading
from keras_colorize_cli import turing_test
from keras_colorize_cli.main import main
from tests.evaluation.test_turing_test import read_page
from tests.evaluation.test_turing_test import sheet


@pytest.fixture
def array(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (52, 8, 8, 3), "uint8")
    np.save(tmp_path / "images.npy", pixels)
    return tmp_path / "images.npy"


class TestWrite:
    def test_page(self, run, photo, preset, tmp_path):
        for i in range(2):
            photo(tmp_path / "photos" / f"secret{i}.png", channels=3, seed=i)
        argv = (
            *("turing-test", "--preset", preset, "--data", tmp_path / "photos"),
            *("--size", 10, "--num-samples", 2, "-o", tmp_path / "a" / "study"),
        )
        code, out, err = run(*argv)
        assert (code, err) == (0, "")
        page = tmp_path / "a" / "study" / "turing_test.html"
        assert f"Written: {page} (2 photographs, " in out
        study, pictures = read_page(page)
        assert [m["sample"] for m in study["methods"]] == [1, 2]
        assert study["methods"][0]["preset"] == "tiny"
        assert pictures.shape == (6, 10, 10, 3)
        text = page.read_text(encoding="utf-8") + json.dumps(study)
        assert "secret" not in text and str(tmp_path) not in text

        code, _, err = run(*argv)
        assert code == 2 and "--overwrite" in err
        assert run(*argv, "--overwrite")[0] == 0

    def test_limit(self, array, tmp_path, monkeypatch):
        counts = []
        monkeypatch.setattr(loading, "load_model", lambda *_, **options: None)

        def stop(path, models, images, **options):
            counts.append(len(images))
            raise KeyboardInterrupt

        monkeypatch.setattr(library, "write_study", stop)
        argv = ["turing-test", "--preset", "x", "--data", str(array)]
        argv += ["-o", str(tmp_path / "out")]
        for more in ([], ["--limit", "52"], ["--limit", "3"]):
            assert main(argv + more) == 130
        assert counts == [50, 52, 3]

    def test_names(self, tmp_path):
        paths = [tmp_path / run / "preset" for run in ("a", "b")]
        for path in paths:
            path.mkdir(parents=True)
        a, b = map(str, paths)
        assert turing_test._names([a, "pic"]) == {"preset": a, "pic": "pic"}
        assert turing_test._names([a, b, "hf://me/pic"]) == {
            "a/preset": a,
            "b/preset": b,
            "hf://me/pic": "hf://me/pic",
        }

    @pytest.mark.parametrize(
        "argv, words",
        [
            (["--preset", "x", "-o", "out"], "--data --score is required"),
            (["--data", "{array}"], "pass --preset and -o"),
            (["--data", "{array}", "-o", "out"], "pass --preset and -o"),
            (["--score", "a.json", "-o", "out"], "belong to --data"),
            (["--score", "a.json", "--data", "x"], "not allowed with"),
            (["{preset}", "--data", "{array}", "-o", "{array}"], "is a file"),
            (["{preset}", "--data", "nowhere", "-o", "out"], "nowhere"),
            (
                [*("{preset}", "--data", "{array}", "-o", "out"), "--limit=53"],
                "52 images",
            ),
            (
                ["{preset}", "{preset}", "--data", "{array}", "-o", "out"],
                "given twice",
            ),
            (
                ["{preset}", "--data", "{array}", "-o", "out"]
                + ["--num-samples", "999999"],
                "Take fewer photographs",
            ),
        ],
    )
    def test_refused_before_anything_is_loaded(
        self, argv, words, array, tmp_path, monkeypatch, capsys
    ):
        def load(*_, **options):
            raise AssertionError("the preset was loaded")

        monkeypatch.setattr(loading, "load_model", load)
        monkeypatch.chdir(tmp_path)
        argv = [a.format(array=array, preset="--preset=x") for a in argv]
        try:
            code = main(["turing-test", *argv])
        except SystemExit as error:  # argparse
            code = error.code
        assert code == 2 and words in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


class TestScore:
    def test_table(self, tmp_path, capsys):
        paths = [tmp_path / f"{i}.json" for i in range(5)]
        for i, path in enumerate(paths):
            answers = [(p, (p + i) % 4, p % 2 == 0) for p in range(40)]
            path.write_text(json.dumps(sheet(f"r{i}", answers)))
        assert main(["turing-test", "--score", *map(str, paths)]) == 0
        out = capsys.readouterr().out
        assert out.startswith("5 raters\n")
        for method in ("a ", "b, sample 3", "b, all samples", "b, oracle"):
            assert method in out

    @pytest.mark.parametrize("text", [None, "{}"])
    def test_refused(self, text, tmp_path, capsys):
        path = tmp_path / "answers.json"
        if text:
            path.write_text(text)
        assert main(["turing-test", "--score", str(path)]) == 2
        assert "answers.json" in capsys.readouterr().err
