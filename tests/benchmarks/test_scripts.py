import importlib

import pytest

from tests.models.small import small_pic

pytestmark = pytest.mark.usefixtures("uncompiled")


def row_of(results, **key):
    (row,) = (
        row
        for row in results["rows"]
        if all(row[name] == value for name, value in key.items())
    )
    return row


class TestSampling:
    @pytest.mark.slow
    def test_every_way_to_draw(self, run, preset):
        results, out = run(
            "sampling.py",
            *("--presets", preset, "--dtypes", "float32"),
            *("--samples", 1, 10, "--runs", 2, "--full-runs", 1),
        )
        ways = [
            (row["samples"], row["batch"], row["threads"])
            for row in results["rows"]
        ]
        grouped = [(1, 5, 1), (10, 5, 1), (10, 5, 2)]
        assert sorted(ways) == sorted([*grouped, (1, 1, 1), (10, 10, 1)])
        for row in results["rows"]:
            assert row["network"] == "small"
            assert row["side"] == 2
            assert row["first_s"] > 0
            for name in ("cached_s", "fold_s", "embedding_s"):
                assert len(row[name]) == 2
                assert min(row[name]) > 0
            assert len(row["full_s"]) == 1
        (once,) = row_of(results, samples=1, batch=5)["full_s"]
        (twice,) = row_of(results, batch=5, threads=2)["full_s"]
        # Compiled once for each size.
        first = {(row["batch"], row["first_s"]) for row in results["rows"]}
        assert len(first) == 3
        assert twice == pytest.approx(2 * once, rel=1e-3)
        assert str(preset) not in str(results)
        assert "2 x 5 on 2 threads" in out

    def test_without_the_full_sampler(self, run, preset):
        results, out = run(
            "sampling.py",
            *("--presets", preset, "--dtypes", "mixed_bfloat16"),
            *("--samples", 5, "--runs", 1, "--full-runs", 0),
        )
        (row,) = results["rows"]
        assert row["dtype"] == "mixed_bfloat16"
        assert row["full_s"] == []


class TestScaling:
    def test_every_grid(self, run, preset):
        results, out = run(
            "scaling.py",
            *("--presets", preset, "--sides", 2, 3),
            *("--samples", 2, "--runs", 2, "--full-runs", 1),
        )
        assert [row["side"] for row in results["rows"]] == [2, 3]
        for row in results["rows"]:
            assert len(row["cached_s"]) == 2
            assert len(row["full_s"]) == 1
            assert row["samples"] == 2
        assert "3 x 3" in out


class TestEndToEnd:
    def test_parts_of_first_and_later_calls(self, run, preset):
        results, out = run(
            "end_to_end.py",
            *("--presets", preset, "--megapixels", 0.01, "--runs", 2),
        )
        calls = [(row["format"], row["call"]) for row in results["rows"]]
        assert calls == [
            (format, call)
            for format in ("jpeg", "png")
            for call in ("first", "later")
        ]
        parts = importlib.import_module("tables").PARTS
        for row in results["rows"]:
            times = [row[f"{part}_s"] for part, _ in parts]
            count = 1 if row["call"] == "first" else 2
            assert all(len(x) == count for x in times)
            assert min(map(min, times)) > 0
            sums = [sum(x) for x in zip(*times)]
            assert sums == pytest.approx(row["total_s"], rel=1e-2)


class TestStopwatch:
    def test_parts_are_without_those_inside(self, monkeypatch):
        script = importlib.import_module("end_to_end")
        clock = iter([0.0, 1.0, 3.0, 4.0, 8.0, 10.0])
        monkeypatch.setattr(script.time, "perf_counter", lambda: next(clock))
        watch = script.Stopwatch()

        def outer():
            watch.time("inner", lambda: None)
            watch.time("inner", lambda: None)

        watch.time("outer", outer)
        assert watch.seconds == {"inner": 2.0 + 4.0, "outer": 4.0}


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
