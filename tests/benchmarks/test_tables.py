import importlib
import json

import pytest


@pytest.fixture
def tables():
    return importlib.import_module("tables")


@pytest.fixture
def make(tmp_path):
    """Makes results of a benchmark in a file."""
    record = importlib.import_module("record")
    return lambda benchmark="scaling": record.Results(
        benchmark, tmp_path / "kept.json"
    )


def scaling_row(side, seconds, **changes):
    key = {"network": "small", "dtype": "float32", "samples": 5}
    times = {"cached_s": [seconds], "full_s": [], "first_s": 1.0}
    return {**key, "side": side, **times, **changes}


class TestResults:
    def test_rows_measured_again_are_replaced(self, make, tmp_path):
        make().add({"side": 1}, {"cached_s": [1.23456]})
        again = make()
        again.add({"side": 2}, {"cached_s": [2.0]})
        again.add({"side": 1}, {"cached_s": [3.0]})
        content = json.loads((tmp_path / "kept.json").read_text())
        assert content["rows"] == [
            {"side": 1, "cached_s": [3.0]},
            {"side": 2, "cached_s": [2.0]},
        ]
        assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]

    def test_numbers_are_rounded(self, make, tmp_path):
        make().add({"side": 1}, {"cached_s": [1.23456, 0.000123456]})
        content = json.loads((tmp_path / "kept.json").read_text())
        assert content["rows"][0]["cached_s"] == [1.235, 0.0001235]

    def test_other_machines_are_kept_apart(self, make, tmp_path):
        make().add({"side": 1}, {"cached_s": [1.0]})
        path = tmp_path / "kept.json"
        content = json.loads(path.read_text())
        content["machine"]["cores"] = 999
        path.write_text(json.dumps(content))
        with pytest.raises(SystemExit, match="another machine"):
            make()
        with pytest.raises(SystemExit, match="another benchmark"):
            make("sampling")
        assert json.loads(path.read_text()) == content


class TestTables:
    def test_numbers(self, tables):
        assert tables.number(1234.5) == "1,230"
        assert tables.number(0.0001234) == "0.000123"
        assert tables.number(2.0) == "2"
        assert tables.number(0.0) == "0"
        assert tables.spread([3.0, 1.0, 2.0]) == "2 (1 to 3)"
        assert tables.spread([3.0]) == "3"
        assert tables.spread([]) == "-"
        assert tables.ratio([6.0], [2.0, 4.0]) == "2"
        assert tables.ratio([], [1.0]) == "-"

    def test_cost_of_a_pixel(self, tables):
        rows = [scaling_row(16, 0.256), scaling_row(32, 2.048)]
        first, second = tables.scaling(rows)
        assert first["cached, us a pixel"] == "1,000"
        assert second["cached, us a pixel"] == "2,000"
        assert second["cached, to the smallest grid"] == "2"
        assert second["full (extrapolated), to the smallest grid"] == "-"


class TestReadme:
    README = (
        "before\n<!-- benchmarks: scaling -->\nold\n"
        "<!-- /benchmarks -->\nafter\n"
    )

    @pytest.fixture
    def readme(self, run, tmp_path):
        """Fills README in; gives its text."""
        path = tmp_path / "README.md"
        path.write_text(self.README)

        def call(results):
            folder = tmp_path / "results"
            folder.mkdir()
            for index, content in enumerate(results):
                (folder / f"{index}.json").write_text(json.dumps(content))
            args = ("--readme", path, "--results", folder)
            run("readme_tables.py", *args, json_file=False)
            return path.read_text()

        return call

    def results(self, backend, **machine):
        return {
            "benchmark": "scaling",
            "backend": backend,
            "machine": {
                "cpu": "Some CPU",
                "cores": 2,
                "accelerator": None,
                "threads": 2,
                "versions": {"keras": "3", backend: "1"},
                **machine,
            },
            "rows": [scaling_row(16, 0.256)],
        }

    def test_one_table_a_machine(self, readme):
        text = readme(
            [
                self.results("tensorflow"),
                self.results("jax"),
                self.results("jax", accelerator="Some GPU"),
            ]
        )
        assert text.startswith("before\n<!-- benchmarks: scaling -->\n\n")
        assert text.endswith("\n\n<!-- /benchmarks -->\nafter\n")
        assert "old" not in text
        first, second = text.split("Some GPU, ")
        assert "jax 1, keras 3, tensorflow 1" in first
        assert first.count("| backend |") == second.count("| backend |") == 1
        assert "| tensorflow | small | float32 | 5 | 16 x 16 |" in first
        assert first.count("| jax | small |") == 1

    def test_chosen_rows(self):
        script = importlib.import_module("readme_tables")
        content = self.results("jax")
        content["rows"] += [scaling_row(32, 2.048), scaling_row(64, 16.384)]
        start = "<!-- benchmarks: scaling side=32,64 samples=5 -->"
        text = script.filled_in(f"{start} <!-- /benchmarks -->", [content])
        assert text.startswith(start)
        assert "| 16 x 16 |" not in text
        # Still as against the smallest of all.
        (line,) = (x for x in text.splitlines() if "| 64 x 64 |" in x)
        assert "| 4,000 | 4 |" in line
        with pytest.raises(SystemExit, match="no results for .* side=8 "):
            script.filled_in(text.replace("32,64", "8"), [content])

    def test_without_results(self, readme, tmp_path):
        with pytest.raises(SystemExit, match="no results for .* scaling"):
            readme([])
        assert (tmp_path / "README.md").read_text() == self.README
