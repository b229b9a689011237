import keras
import numpy as np
import pytest

from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.models import ColorizerHypercolumn
from keras_colorize.models import ColorizerPIC
from keras_colorize_cli import loading
from keras_colorize_cli.main import main
from tests.cli.conftest import names
from tests.cli.conftest import pixels


class TestColorize:
    def test_with_a_preset(self, preset, photo, tmp_path, capsys):
        path = photo(tmp_path / "in" / "a.png")
        out = tmp_path / "new" / "out"
        argv = ["colorize", path, "-o", out, "--preset", preset]
        assert main([*map(str, argv), "--num-samples", "2"]) == 0
        assert names(out) == ["a_1.png", "a_2.png", "a_sheet.png"]
        first, second = (pixels(out / f"a_{k}.png") for k in (1, 2))
        assert first.shape == (12, 16, 3) and (first != second).any()
        assert pixels(out / "a_sheet.png").shape == (12 + 16, 3 * 24 + 8, 3)
        text, errors = capsys.readouterr()
        assert f"{out}/a_1.png to a_2.png, a_sheet.png" in text
        assert f"colored: 1. Files written: 3 in {out}." in text
        assert "--seed" in text
        assert errors == f"Loading {preset} ...\n"

    def test_formats_depth_and_alpha(self, run, photo, tmp_path):
        album, out = tmp_path / "in", tmp_path / "out"
        photo(album / "a.jpg", channels=3)
        photo(album / "deep.png", bits=16)
        photo(album / "deep_alpha.tif", bits=16, alpha=9)
        photo(album / "alpha.webp", channels=3, alpha=7)
        photo(album / "plain.bmp")
        (album / "README.md").write_text("not a photograph")
        code, text, errors = run("colorize", album, "-o", out, "--seed", 1)
        assert code == 0
        assert "Seed" not in text
        assert errors.startswith("Left out: 1 .md. ")
        assert errors.count("\n") == 2
        assert "plain.bmp: The photograph's XMP data is left out" in errors
        for name, source, dtype, alpha in (
            ("a_1.jpg", "a.jpg", np.uint8, False),
            ("deep_1.png", "deep.png", np.uint16, False),
            ("deep_alpha_1.tif", "deep_alpha.tif", np.uint16, True),
            ("alpha_1.webp", "alpha.webp", np.uint8, True),
            ("plain_1.bmp", "plain.bmp", np.uint8, False),
        ):
            photograph = read_photograph(out / name)
            assert photograph.pixels.shape == (12, 16, 3)
            assert photograph.pixels.dtype == dtype
            if alpha:
                given = read_photograph(album / source).alpha
                np.testing.assert_array_equal(photograph.alpha, given)
            else:
                assert photograph.alpha is None
        assert len(names(out)) == 10

    def test_format_and_no_sheet(self, run, photo, tmp_path):
        deep = photo(tmp_path / "deep.png", bits=16)
        clear = photo(tmp_path / "clear.png", alpha=5)
        out = tmp_path / "out"
        code, _, errors = run(
            *("colorize", deep, clear, "-o", out),
            *("--format", "jpg", "--no-sheet"),
        )
        assert code == 1
        assert f"{clear}: JPEG cannot hold its transparency" in errors
        assert names(out) == ["deep_1.jpg"]
        assert pixels(out / "deep_1.jpg").dtype == np.uint8

    def test_seed(self, run, photo, tmp_path):
        a = photo(tmp_path / "a.png")
        b = photo(tmp_path / "b.png", seed=1)
        one, two, three = (tmp_path / name for name in ("1", "2", "3"))
        run("colorize", b, "-o", one, "--seed", 5)
        run("colorize", a, b, "-o", two, "--seed", 5, "--num-samples", 2)
        _, text, _ = run("colorize", b, "-o", three)
        expected = pixels(one / "b_1.png")
        np.testing.assert_array_equal(pixels(two / "b_1.png"), expected)
        assert (pixels(three / "b_1.png") != expected).any()
        # The seed that was drawn draws the same again.
        seed = text.split("--seed ")[1].split()[0]
        run("colorize", b, "-o", one, "--seed", seed, "--overwrite")
        np.testing.assert_array_equal(
            pixels(one / "b_1.png"), pixels(three / "b_1.png")
        )

    def test_options_reach_the_model(self, run, photo, tmp_path, monkeypatch):
        given = {}

        def generate(self, images, **options):
            given.update(options, images=images)
            options["progress"](1, 4)
            return np.zeros((3, 12, 16, 3), options["dtype"])

        monkeypatch.setattr(ColorizerPIC, "generate", generate)
        path = photo(tmp_path / "a.tif", bits=16)
        code, _, _ = run(
            *("colorize", path, "-o", tmp_path / "out", "--num-samples", 3),
            *("--seed", 7, "--temperature", "0.5,1", "--batch-size", 2),
            *("--best-of", 8, "--best-by", "colorfulness"),
            *("--upsampling", "bilinear", "--readout", "mode"),
        )
        assert code == 0
        np.testing.assert_array_equal(given.pop("images"), pixels(path))
        assert callable(given.pop("progress"))
        assert given == {
            "num_samples": 3,
            "seed": 7,
            "temperature": (0.5, 1.0),
            "readout": "mode",
            "like": None,
            "hints": None,
            "best_of": 8,
            "best_by": "colorfulness",
            "batch_size": 2,
            "upsampling": "bilinear",
            "dtype": "uint16",
        }

    def test_recursive(self, run, photo, tmp_path):
        album, out = tmp_path / "in", tmp_path / "in" / "out"
        for name in ("a.png", "a.jpg", "2020/a.png"):
            photo(album / name)
        for _ in range(2):  # the outputs are no inputs the second time
            code, _, _ = run(
                "colorize", album, "-o", out, "--recursive", "--no-sheet"
            )
            assert code == 0
            assert names(out) == ["2020/a_1.png", "a_jpg_1.jpg", "a_png_1.png"]


class TestLike:
    def test_colors_of_a_reference(self, run, model, photo, tmp_path):
        path, out = photo(tmp_path / "in" / "a.png"), tmp_path / "out"
        reference = np.zeros((9, 9, 3), np.uint8)
        reference[...] = 160, 120, 80
        write_photograph(tmp_path / "ref.png", Photograph(reference))
        code, _, errors = run(
            *("colorize", path, "-o", out, "--seed", 1),
            *("--like", tmp_path / "ref.png"),
        )
        assert code == 0 and errors == ""
        found = pixels(out / "a_1.png")
        expected = model.generate(path, seed=1, like=reference, verbose=0)
        np.testing.assert_array_equal(found, expected[0])
        # Every pixel is as orange as the reference, where colors fit.
        red, green, blue = np.moveaxis(found.astype(int), -1, 0)
        assert np.mean((red >= green) & (green >= blue)) > 0.95
        assert np.mean(red - blue) > 10

    @pytest.mark.parametrize("kind", ["gray", "text"])
    def test_refused_before_any_photograph(self, kind, run, photo, tmp_path):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        reference = tmp_path / "ref.png"
        if kind == "gray":
            photo(reference)
        else:
            reference.write_text("not a photograph")
        code, _, errors = run("colorize", path, "-o", out, "--like", reference)
        assert code == 2 and not out.exists()
        words = {"gray": "is gray. Expected", "text": "not a photograph"}
        assert "argument --like: " in errors and words[kind] in errors


class TestUncertainty:
    @pytest.fixture(scope="class")
    def histograms(self):
        gray = keras.Input((None, None, 1), name="gray")
        x = keras.layers.Conv2D(4, 3, 4, padding="same", name="conv")(gray)
        encoder = keras.Model(gray, {"stride4": x})
        return ColorizerHypercolumn(
            encoder, "lab", filters=8, chroma_factor=4, image_size=16
        )

    def test_a_picture_beside_each_coloring(
        self, run, histograms, photo, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(
            loading, "load_model", lambda *_, **options: histograms
        )
        path = photo(tmp_path / "in" / "a.jpg", channels=3)
        out = tmp_path / "out"
        command = ("colorize", path, "-o", out, "--uncertainty", "--seed", 1)
        code, text, errors = run(*command)
        assert code == 0 and errors == ""
        assert names(out) == ["a_1.jpg", "a_sheet.png", "a_uncertainty.png"]
        assert f"{out}/a_1.jpg, a_sheet.png, a_uncertainty.png" in text
        found = pixels(out / "a_uncertainty.png")
        expected = histograms.uncertainty(path)
        assert found.shape == (12, 16, 1) and 0 < expected.max() <= 1
        np.testing.assert_allclose(found[..., 0] / 255, expected, atol=0.003)
        # Alone, the missing picture needs no coloring.
        (out / "a_uncertainty.png").unlink()
        monkeypatch.delattr("keras_colorize.models.Colorizer.generate")
        assert run(*command)[0] == 0
        np.testing.assert_array_equal(pixels(out / "a_uncertainty.png"), found)

    def test_refused_by_other_models(self, run, photo, tmp_path):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        command = ("colorize", path, "-o", out, "--uncertainty")
        code, _, errors = run(*command, "--preset", "any")
        assert code == 2 and not out.exists()
        assert "any does not measure uncertainty" in errors


class TestExistingOutputs:
    def test_kept_unless_overwrite(self, run, photo, tmp_path, monkeypatch):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        command = ("colorize", path, "-o", out)
        run(*command)
        before = {name: (out / name).read_bytes() for name in names(out)}
        with monkeypatch.context() as patch:
            patch.delattr("keras_colorize.models.Colorizer.generate")
            code, text, _ = run(*command)
        assert code == 0 and f"{path}: kept {out}/a_1.png" in text
        assert "colored: 0, kept: 1" in text
        assert before == {n: (out / n).read_bytes() for n in names(out)}
        code, _, _ = run(*command, "--overwrite")
        assert code == 0
        assert all(before[n] != (out / n).read_bytes() for n in before)

    def test_only_missing_ones_are_made(self, run, photo, tmp_path):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        command = ("colorize", path, "-o", out, "--seed", 1)
        run(*command, "--no-sheet", "--num-samples", 2)
        expected = pixels(out / "a_2.png")
        (out / "a_2.png").unlink()
        kept = np.full((12, 16, 3), 200, np.uint8)
        write_photograph(out / "a_1.png", Photograph(kept), True)
        code, _, _ = run(*command, "--num-samples", 2)
        assert code == 0
        np.testing.assert_array_equal(pixels(out / "a_1.png"), kept)
        np.testing.assert_array_equal(pixels(out / "a_2.png"), expected)
        # The sheet shows the files that are there.
        sheet = pixels(out / "a_sheet.png")
        np.testing.assert_array_equal(sheet[8:20, 32:48], kept)
        np.testing.assert_array_equal(sheet[8:20, 56:72], expected)

    def test_sheet_alone_needs_no_model(
        self, run, photo, tmp_path, monkeypatch
    ):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        run("colorize", path, "-o", out)
        before = (out / "a_sheet.png").read_bytes()
        (out / "a_sheet.png").unlink()
        monkeypatch.delattr("keras_colorize.models.Colorizer.generate")
        assert run("colorize", path, "-o", out)[0] == 0
        assert (out / "a_sheet.png").read_bytes() == before

    def test_other_file_of_that_name(self, run, photo, tmp_path):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        photo(out / "a_1.png", shape=(3, 3))
        before = (out / "a_1.png").read_bytes()
        for more in ([], ["--overwrite"]):
            code, _, errors = run("colorize", path, "-o", out, *more)
            assert code == 1 and "was not made by this command" in errors
            assert names(out) == ["a_1.png"]
            assert (out / "a_1.png").read_bytes() == before

    def test_inputs_are_never_replaced(self, run, photo, tmp_path):
        a = photo(tmp_path / "a.png")
        other = photo(tmp_path / "a_1.png", seed=1)
        before = other.read_bytes()
        code, _, errors = run(
            "colorize", a, other, "-o", tmp_path, "--overwrite"
        )
        assert code == 1
        assert f"{other} exists and was not made by this command" in errors
        assert other.read_bytes() == before
        assert (tmp_path / "a_1_1.png").exists()


class TestFailures:
    def test_bad_files_are_skipped(self, run, photo, tmp_path):
        album, out = tmp_path / "in", tmp_path / "out"
        photo(album / "b.png")
        whole = photo(album / "cut.png", shape=(40, 40)).read_bytes()
        (album / "cut.png").write_bytes(whole[: len(whole) // 2])
        (album / "text.jpg").write_text("not a photograph")
        code, text, errors = run("colorize", album, "-o", out)
        assert code == 1
        assert names(out) == ["b_1.png", "b_sheet.png"]
        assert "cut.png" in errors and "text.jpg" in errors
        assert errors.count("error: ") == 2
        assert "colored: 1, failed: 2." in text
        # Once more at the end.
        *_, title, first, second = errors.splitlines()
        assert title == "Failed: 2"
        assert first.startswith(f"  {album / 'cut.png'}: ")
        assert second.startswith(f"  {album / 'text.jpg'}: ")

    def test_too_many_pixels(self, run, photo, tmp_path):
        folder = tmp_path / "in"
        photo(folder / "a.png", shape=(20, 10))
        photo(folder / "b.png", shape=(10, 10))
        out = tmp_path / "out"
        code, _, errors = run(
            "colorize", folder, "-o", out, "--max-pixels", 199
        )
        assert code == 1 and names(out) == ["b_1.png", "b_sheet.png"]
        assert "a.png" in errors and "200 pixels" in errors

    def test_named_file_that_is_no_photograph(self, run, tmp_path):
        (tmp_path / "README.md").write_text("# Read me")
        code, _, errors = run(
            "colorize", tmp_path / "README.md", "-o", tmp_path / "out"
        )
        assert code == 1 and "README.md" in errors
        assert names(tmp_path / "out") == []

    def test_unexpected_errors_are_named(
        self, run, photo, tmp_path, monkeypatch
    ):
        def fail(*args, **options):
            raise RuntimeError("out of memory")

        monkeypatch.setattr("keras_colorize.models.Colorizer.generate", fail)
        code, _, errors = run(
            "colorize", photo(tmp_path / "a.png"), "-o", tmp_path / "out"
        )
        assert code == 1
        assert "a.png: RuntimeError('out of memory')" in errors

    def test_warnings_are_told(self, run, photo, tmp_path):
        path = photo(tmp_path / "a.png", channels=3)
        photograph = Photograph(pixels(path), icc_profile=b"nonsense")
        write_photograph(tmp_path / "b.jpg", photograph)
        code, _, errors = run(
            "colorize", tmp_path / "b.jpg", "-o", tmp_path / "out"
        )
        assert code == 0
        assert "warning: The color profile of " in errors


class TestArgumentsThatOnlyFilesRefute:
    @pytest.fixture(autouse=True)
    def no_model(self, monkeypatch):
        def load(*_, **options):
            raise AssertionError("The model is loaded before all is checked.")

        monkeypatch.setattr(loading, "load_model", load)

    def check(self, capsys, words, *argv):
        assert main(["colorize", *map(str, argv)]) == 2
        assert words in capsys.readouterr().err

    def test_missing_input(self, capsys, tmp_path):
        self.check(capsys, "no file", tmp_path / "a.png", "-o", tmp_path / "o")

    def test_nothing_found(self, capsys, tmp_path):
        self.check(capsys, "no photographs", tmp_path, "-o", tmp_path / "o")

    def test_missing_reference(self, capsys, photo, tmp_path):
        path = photo(tmp_path / "a.png")
        like = ("--like", tmp_path / "b.png")
        self.check(capsys, "no file", path, "-o", tmp_path / "out", *like)

    def test_output_is_a_file(self, capsys, photo, tmp_path):
        path = photo(tmp_path / "a.png")
        self.check(capsys, "cannot be the output", path, "-o", path / "out")


class TestPreset:
    def test_options_of_other_models(
        self, preset, tmp_path, monkeypatch, capsys
    ):
        """An error once, before any photograph is read."""
        monkeypatch.setattr(ColorizerPIC, "supports", frozenset())
        for name in ("a.png", "b.png"):
            (tmp_path / name).write_text("not a photograph")
        argv = ["colorize", str(tmp_path), "-o", str(tmp_path / "out")]
        argv += ["--preset", str(preset), "--readout"]
        assert main([*argv, "mode"]) == 2
        errors = capsys.readouterr().err
        assert errors.count("ColorizerPIC does not support readout") == 1
        assert ".png" not in errors and not (tmp_path / "out").exists()
        # The model's own readout.
        assert main([*argv, "sample"]) == 1
        assert capsys.readouterr().err.count("error: ") == 2

    def test_unknown_readout(self, preset, photo, tmp_path, capsys):
        path = photo(tmp_path / "a.png")
        argv = ["colorize", str(path), "-o", str(tmp_path / "out")]
        argv += ["--preset", str(preset), "--readout", "median"]
        assert main(argv) == 2
        assert "one of ('sample', 'mean', 'mode')" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "preset, words",
        [
            ("nope", "pic_tinyimagenet64"),
            ("pic_cifar10", "no published weights yet"),
            (".", "no config.json"),
            ("hf://nobody", "hf://owner/name"),
        ],
    )
    def test_refused(self, preset, words, photo, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        path = photo(tmp_path / "a.png")
        argv = ["colorize", str(path), "-o", "out", "--preset", preset]
        assert main(argv) == 2
        errors = capsys.readouterr().err
        assert "argument --preset: " in errors and words in errors
        assert not (tmp_path / "out").exists()
