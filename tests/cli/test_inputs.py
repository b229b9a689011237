import pathlib

import pytest

from keras_colorize.cli.errors import UsageError
from keras_colorize.cli.inputs import find_photographs


@pytest.fixture
def album(tmp_path):
    """A folder of empty files: only their names matter here."""
    for name in (
        "b.JPG",
        "a.png",
        "README.md",
        "make.py",
        "._a.png",
        "2020/c.tif",
        ".trash/d.png",
        "out/a_1.png",
    ):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "album"


class TestFindPhotographs:
    def names(self, inputs, recursive=False, output="nowhere"):
        found = find_photographs(inputs, recursive, pathlib.Path(output))
        return [source.path.name for source in found]

    def test_folder(self, album):
        assert self.names([album]) == ["a.png", "b.JPG"]

    def test_recursive_leaves_the_output_out(self, album):
        found = find_photographs([album], True, album / "out")
        assert [(s.path.name, str(s.folder), s.root) for s in found] == [
            ("a.png", ".", "album"),
            ("b.JPG", ".", "album"),
            ("c.tif", "2020", "album"),
        ]

    def test_file_of_any_name(self, album):
        (source,) = find_photographs(
            [album / "README.md"], False, pathlib.Path("nowhere")
        )
        assert source.path == album / "README.md"
        assert source.folder == pathlib.Path() and source.root == "album"

    def test_each_once(self, album):
        inputs = [album / "b.JPG", album, album / "2020/../a.png"]
        assert self.names(inputs) == ["b.JPG", "a.png"]

    def test_missing(self, album):
        with pytest.raises(UsageError, match="no file or folder .*nope"):
            find_photographs([album, album / "nope"], False, album / "out")

    def test_output_among_inputs(self, album):
        with pytest.raises(UsageError, match="both an input and the output"):
            find_photographs([album], False, album / "out/..")

    def test_nothing_found(self, album):
        (album / "empty").mkdir()
        with pytest.raises(UsageError, match=r"no photographs.*--recursive"):
            find_photographs([album / "empty"], False, album / "out")
