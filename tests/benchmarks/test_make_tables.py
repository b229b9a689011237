import importlib

import pytest

START, END = "<!-- benchmarks: sampling -->", "<!-- /benchmarks -->"


@pytest.fixture
def make_tables():
    return importlib.import_module("make_tables")


def results(backend="tensorflow", accelerators=(), **changes):
    row = {
        "network": "pic_imagenet128",
        "side": 10,
        "samples": 5,
        "groups": 1,
        "first_s": 2.0,
        "encoder_s": [0.1],
        "cached_s": [0.5, 0.4, 0.6],
        "full_s": 200.0,
    }
    return {
        "benchmark": "sampling",
        "backend": backend,
        "machine": {
            "processor": "Some CPU",
            "cores": 2,
            "accelerators": list(accelerators),
        },
        "versions": {"keras": "3", backend: "1"},
        "rows": [row | changes],
    }


class TestNumbers:
    def test_three_digits(self, make_tables):
        assert make_tables.number(1234.5) == "1,230"
        assert make_tables.number(0.0001234) == "0.000123"
        assert make_tables.number(2.0) == "2"
        assert make_tables.number(0.0) == "0"
        assert make_tables.spread([3.0, 1.0, 2.0]) == "2 (1 to 3)"

    def test_sampling(self, make_tables):
        (row,) = results(samples=10, groups=2)["rows"]
        line = make_tables.sampling(row)
        assert line["full / cached"] == "**400**"
        # Two groups of 100 pixels in half a second.
        assert line["cached, us a pixel"] == "2,500"
        assert line["full, us a pixel"] == "1,000,000"

    def test_share_of_the_matrix_product(self, make_tables):
        row = {"images_per_s": [10.0, 20.0, 30.0], "step_operations": 3.0}
        assert make_tables.share_of_peak(
            row | {"peak_operations_per_s": 120.0}
        ) == pytest.approx(0.5)


class TestFilledIn:
    def test_one_table_a_machine(self, make_tables):
        text = make_tables.filled_in(
            f"before\n{START}\nold\n{END}\nafter\n",
            [results(), results("jax"), results("jax", ["Some GPU"])],
        )
        assert text.startswith(f"before\n{START}\n\n")
        assert text.endswith(f"\n\n{END}\nafter\n")
        assert "old" not in text
        first, second = text.split("Some GPU, ")
        assert "jax 1, keras 3, tensorflow 1" in first
        assert first.count("| backend |") == second.count("| backend |") == 1
        assert first.count("| tensorflow | pic_imagenet128 | 10 x 10 |") == 1
        assert first.count("| jax | pic_imagenet128 | 10 x 10 |") == 1

    def test_figures(self, make_tables):
        place = f"<!-- benchmarks: figures -->{END}"
        text = make_tables.filled_in(place, [results("jax"), results()])
        (line,) = (x for x in text.splitlines() if x.startswith("- "))
        assert "400 times" in line
        assert "take 0.5 s instead of 200 s" in line

    def test_without_results(self, make_tables):
        with pytest.raises(SystemExit, match="no results for .* sampling"):
            make_tables.filled_in(START + END, [])


class TestReport:
    def test_file(self, tmp_path, capsys):
        common = importlib.import_module("common")
        path = tmp_path / "kept.json"
        rows = results(cached_s=[1.23456, 0.000123456])["rows"]
        path.write_text("old")
        common.report("sampling", rows, path)
        lines = path.read_text().splitlines()
        (line,) = (x for x in lines if "pic_imagenet128" in x)
        assert '"cached_s": [1.235, 0.0001235]' in line
        assert "| pic_imagenet128 | 10 x 10 | 5 |" in capsys.readouterr().out
        assert [x.name for x in tmp_path.iterdir()] == ["kept.json"]
