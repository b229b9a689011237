import importlib

import pytest

from tests.models.small import small_pic

pytestmark = pytest.mark.usefixtures("uncompiled")


class TestSampling:
    @pytest.mark.slow
    def test_grids_and_samples(self, run, preset):
        results, out = run(
            "sampling.py",
            *("--presets", preset, "--sides", 2, 3),
            *("--samples", 5, 10, "--runs", 2),
        )
        rows = results["rows"]
        keys = [(x["side"], x["samples"], x["groups"]) for x in rows]
        assert keys == [(2, 5, 1), (2, 10, 2), (3, 5, 1), (3, 10, 2)]
        for row in rows:
            assert row["network"] == "small"
            assert row["first_s"] > 0
            for name in ("cached_s", "encoder_s"):
                assert len(row[name]) == 2
                assert min(row[name]) > 0
        once, twice = rows[0]["full_s"], rows[1]["full_s"]
        assert twice == pytest.approx(2 * once, rel=1e-3)
        assert str(preset) not in str(results)
        assert "| small | 3 x 3 | 10 |" in out


class TestEndToEnd:
    @pytest.mark.slow
    def test_parts_add_up(self, run, preset):
        results, out = run(
            "end_to_end.py",
            *("--presets", preset, "--megapixels", 0.01, "--runs", 2),
        )
        assert [row["format"] for row in results["rows"]] == ["jpg", "png"]
        for row in results["rows"]:
            parts = [
                row[f"{part}_s"]
                for part in ("read", "generate", "write", "sheet")
            ]
            assert min(map(min, parts)) > 0
            sums = [sum(call) for call in zip(*parts, strict=True)]
            assert sums == pytest.approx(row["total_s"], rel=1e-2)
            assert row["first_s"] > 0 and row["full_s"] > 0
        assert "0.01 Mpx png" in out


class TestArchive:
    @pytest.mark.slow
    def test_jobs(self, run, preset):
        results, out = run(
            "archive.py",
            *("--presets", preset, "--megapixels", 0.01),
            *("--photographs", 3, "--runs", 2, "--jobs", 1, 3),
        )
        assert [row["jobs"] for row in results["rows"]] == [1, 3]
        for row in results["rows"]:
            assert len(row["total_s"]) == len(row["cpu_s"]) == 2
            assert min(row["total_s"]) > 0
        assert "| small | 3 of 0.01 Mpx | 3 |" in out


class TestTraining:
    @pytest.mark.slow
    def test_images_a_second(self, run, preset):
        results, out = run(
            "training.py",
            *("--presets", preset, f"{preset}:0.5", "--dtypes", "float32"),
            *("--batch-size", 2, "--steps", 1, "--runs", 2, "--matrix", 32),
        )
        full, half = results["rows"]
        assert (full["width"], half["width"]) == (1, 0.5)
        assert len(full["images_per_s"]) == 2
        assert min(full["images_per_s"]) > 0
        assert half["step_operations"] < full["step_operations"]
        assert full["peak_operations_per_s"] > 0

    def test_operations_are_those_of_the_layers(self):
        training = importlib.import_module("training")
        gray, chroma = 8 * 8, 4 * 4
        embedding = 9 * 2 * 8 * gray + 9 * (8 * 40 + 80 * 40 + 80 * 80) * chroma
        first = (6 + 3 + 2) * 4 * 8
        # conv1 and conv2 of both blocks, and conv_aux of each.
        blocks = 2 * 9 * (16 * 8 + 16 * 16) + 80 * 8 + 96 * 8
        head = 8 * 40
        expected = embedding + (first + blocks + head) * chroma
        assert training.step_operations(small_pic()) == 6 * expected

    def test_width_of_a_preset(self):
        sized = importlib.import_module("training").sized
        assert sized("pic_cifar10") == ("pic_cifar10", 1.0)
        assert sized("pic_cifar10:0.25") == ("pic_cifar10", 0.25)
        assert sized("c:/presets") == ("c:/presets", 1.0)


class TestRunAll:
    def test_arguments_of_every_run(self, monkeypatch):
        """Every script takes the arguments that run_all.py gives it."""
        run_all = importlib.import_module("run_all")
        calls = []
        monkeypatch.setattr(
            run_all.subprocess, "run", lambda args, **kw: calls.append(args)
        )
        monkeypatch.setattr("sys.argv", ["run_all.py", "--backends", "jax"])
        run_all.main()
        *runs, (_, last) = calls
        assert last.name == "make_tables.py"
        for _, script, *arguments in runs:
            module = importlib.import_module(script.stem)
            args = module.arguments().parse_args(list(map(str, arguments)))
            assert args.json.name.endswith("_jax.json")
