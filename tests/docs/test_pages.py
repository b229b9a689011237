"""What the pages show exists: links, Python, presets, options."""

import ast
import pathlib
import re

import pytest

from keras_colorize import Colorizer

ROOT = pathlib.Path(__file__).parents[2]
PAGES = [
    *(
        ROOT / name
        for name in ("README.md", "MODEL_CARD.md", "CONTRIBUTING.md")
    ),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks/README.md",
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
class TestPages:
    def test_links_lead_to_files(self, page):
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            if not link.startswith("https://"):
                assert (page.parent / link.partition("#")[0]).exists(), link

    def test_python_parses(self, page):
        for code in re.findall(
            r"```python\n(.*?)```", page.read_text(), re.DOTALL
        ):
            ast.parse(code)


class TestReadme:
    def test_short(self):
        assert len((ROOT / "README.md").read_text().splitlines()) <= 150

    def test_every_preset_is_in_the_table(self):
        rows = re.findall(
            r"^\| `(\w+)` \| \d+ / \d+ \| ([\d,]+) \|",
            (ROOT / "README.md").read_text(),
            re.MULTILINE,
        )
        assert dict(rows) == {
            name: f"{preset['parameters']:,}"
            for name, preset in Colorizer.presets.items()
        }
