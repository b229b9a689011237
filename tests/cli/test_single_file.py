import io
import json

import numpy as np
import pytest
from PIL import Image

from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize_cli import loading
from keras_colorize_cli.main import main
from tests.cli.conftest import names
from tests.cli.conftest import pixels


class TestOneFile:
    def test_file(self, run, model, photo, tmp_path):
        path, out = photo(tmp_path / "a.png"), tmp_path / "new" / "o4.tif"
        code, text, errors = run("colorize", path, "-o", out, "--seed", 1)
        assert code == 0 and errors == ""
        assert text == f"{path}: {out}\n"
        assert names(tmp_path) == ["a.png", "new/o4.tif"]
        expected = model.generate(path, seed=1, verbose=0)[0]
        np.testing.assert_array_equal(pixels(out), expected)
        # Existing files are replaced if asked.
        before = out.read_bytes()
        code, _, errors = run("colorize", path, "-o", out, "--seed", 2)
        assert code == 2 and "exists" in errors
        assert out.read_bytes() == before
        more = ("--seed", 2, "--overwrite")
        assert run("colorize", path, "-o", out, *more)[0] == 0
        assert out.read_bytes() != before

    def test_stdout(self, model, photo, tmp_path, monkeypatch, capfdbinary):
        monkeypatch.setattr(loading, "load_model", lambda *_, **__: model)
        path = photo(tmp_path / "a.jpg", channels=3, alpha=None)
        argv = ["colorize", str(path), "-o", "-"]
        assert main([*argv, "--seed", "1"]) == 0
        data, errors = capfdbinary.readouterr()
        picture = Image.open(io.BytesIO(data))
        assert picture.format == "PNG"
        expected = model.generate(path, seed=1, verbose=0)[0]
        np.testing.assert_array_equal(picture, expected)
        assert errors.decode() == f"{path}: -\n"
        assert names(tmp_path) == ["a.jpg"]

    def test_errors_of_the_photograph(self, run, photo, tmp_path):
        path = photo(tmp_path / "a.png", alpha=3)
        out = tmp_path / "o.jpg"
        code, text, errors = run("colorize", path, "-o", out, "--json")
        assert code == 1 and "JPEG cannot hold its transparency" in errors
        record = json.loads(text)
        assert record["status"] == "failed" and record["outputs"] == []
        assert not out.exists()

    @pytest.mark.parametrize(
        "argv, words",
        [
            (["a.png", "b.png", "-o", "o.jpg"], "there are 2 photographs"),
            (["a.png", "-o", "o.jpg", "--num-samples", 2], "2 colorings"),
            (["a.png", "-o", "o.gif"], "does not write .gif"),
            (["a.png", "-o", "o.jpg", "--format", "png"], "png does not fit"),
            (["a.png", "-o", "-", "--format", "jpg"], "jpeg does not fit"),
            (["a.png", "-o", "-", "--json"], "stdout is for JSON"),
            (["a.png", "-o", "o.jpg", "--uncertainty"], "is one file"),
            (["a.png", "-o", "a.png", "--overwrite"], "is the input"),
            (["a.png", "-o", "link.png"], "is a link"),
            (["a.png", "-o", "link.png", "--overwrite"], "is a link"),
        ],
    )
    def test_refused(self, argv, words, run, photo, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        photo("a.png")
        photo("b.png")
        (tmp_path / "link.png").symlink_to("outside.png")
        before = names(tmp_path)
        code, text, errors = run("colorize", *argv)
        assert code == 2 and words in errors and errors.count("\n") == 1
        assert text == "" and names(tmp_path) == before


class TestJSON:
    def test_a_line_of_each_photograph(self, run, photo, tmp_path):
        album, out = tmp_path / "in", tmp_path / "out"
        photo(album / "a.png")
        (album / "b.png").write_text("not a photograph")
        command = ("colorize", album, "-o", out, "--json")
        for status in ("colored", "kept"):
            code, text, errors = run(*command)
            first, second = map(json.loads, text.splitlines())
            assert code == 1
            assert first["status"] == status and first["error"] is None
            assert first["outputs"] == ["a_1.png", "a_sheet.png"]
            assert second["status"] == "failed"
            assert "not a photograph" in second["error"]
            assert "Seed" in errors and "Photographs colored" in errors


class TestHints:
    def strokes(self, path, shape=(12, 16), alpha=255):
        rgb = np.zeros((*shape, 3), np.uint8)
        rgb[...] = 200, 40, 40
        mask = np.zeros((*shape, 1), np.uint8)
        mask[2:5, 3:9] = alpha
        write_photograph(path, Photograph(rgb, mask))
        return path

    def test_known_colors(self, run, photo, tmp_path):
        path = photo(tmp_path / "a.png")
        strokes = self.strokes(tmp_path / "strokes.png")
        out = tmp_path / "o.png"
        command = ("colorize", path, "-o", out, "--hints", strokes)
        code, _, errors = run(*command, "--seed", 1)
        assert code == 0 and errors == ""
        red, green, _ = np.moveaxis(read_photograph(out).pixels, -1, 0)
        known = np.zeros((12, 16), bool)
        known[2:5, 3:9] = True
        gray = pixels(path)[..., 0]
        # Where it is neither black nor white, a stroke is red.
        seen = known & (gray > 60) & (gray < 190)
        assert seen.sum() > 3
        assert (red[seen].astype(int) - green[seen] > 20).all()

    @pytest.mark.parametrize(
        "kind, words",
        [
            ("opaque", "no transparency"),
            ("empty", "transparent everywhere"),
            ("text", "not a photograph"),
            ("missing", "There is no file"),
        ],
    )
    def test_refused(self, kind, words, run, photo, tmp_path):
        path, strokes = photo(tmp_path / "a.png"), tmp_path / "strokes.png"
        if kind == "opaque":
            photo(strokes, channels=3)
        elif kind == "empty":
            self.strokes(strokes, alpha=100)
        elif kind == "text":
            strokes.write_text("red")
        out = tmp_path / "o.png"
        code, _, errors = run("colorize", path, "-o", out, "--hints", strokes)
        assert code == 2 and "argument --hints: " in errors and words in errors
        assert not out.exists()

    def test_size_and_number(self, run, photo, tmp_path):
        a, b = photo(tmp_path / "a.png"), photo(tmp_path / "b.png")
        strokes = self.strokes(tmp_path / "s.png", shape=(10, 16))
        out = tmp_path / "out"
        code, _, errors = run("colorize", a, "-o", out, "--hints", strokes)
        assert code == 1 and "(12, 16), the size of the photograph" in errors
        code, _, errors = run("colorize", a, b, "-o", out, "--hints", strokes)
        assert code == 2 and "for one photograph, and there are 2" in errors
