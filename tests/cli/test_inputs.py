import pathlib

import pytest

from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.colorize.inputs import Source
from keras_colorize_cli.colorize.inputs import find_photographs
from keras_colorize_cli.colorize.inputs import name_outputs


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
        found, _ = find_photographs(inputs, recursive, pathlib.Path(output))
        return [source.path.name for source in found]

    def test_folder(self, album):
        assert self.names([album]) == ["a.png", "b.JPG"]

    def test_recursive_leaves_the_output_out(self, album):
        found, others = find_photographs([album], True, album / "out")
        assert [(s.path.name, str(s.folder), s.root) for s in found] == [
            ("a.png", ".", "album"),
            ("b.JPG", ".", "album"),
            ("c.tif", "2020", "album"),
        ]
        assert others == {".md": 1, ".py": 1}

    def test_file_of_any_name(self, album):
        (source,), others = find_photographs(
            [album / "README.md"], False, pathlib.Path("nowhere")
        )
        assert source.path == album / "README.md" and not others
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
        for name in ("a.AVIF", "b.avif", "c.jxl", "Makefile"):
            (album / "empty" / name).touch()
        words = "others: 2 .avif, 1 without an ending, 1 .jxl"
        with pytest.raises(UsageError, match=words):
            find_photographs([album / "empty"], False, album / "out")


def source(path, folder="."):
    path = pathlib.Path(path)
    return Source(path, pathlib.Path(folder), path.parent.name)


class TestNameOutputs:
    @pytest.mark.parametrize(
        "paths, names",
        [
            (["p/a.png", "p/b.jpg"], ["a", "b"]),
            (["p/a.png", "p/a.JPG"], ["a_png", "a_jpg"]),
            (["p/a.png", "p/A.jpg"], ["a_png", "A_jpg"]),
            (["p/a.png", "q/a.png"], ["p_a_png", "q_a_png"]),
            (
                ["p/a.png", "p/a.jpg", "q/a.png"],
                ["p_a_png", "a_jpg", "q_a_png"],
            ),
            (["x/p/a.png", "y/p/a.png"], ["p_a_png_1", "p_a_png_2"]),
            # The same accent in two Unicode forms.
            (
                ["p/\xe9.png", "p/e\u0301.png"],
                ["p_\xe9_png_1", "p_e\u0301_png_2"],
            ),
            (["p/\xc9.png", "p/e\u0301.jpg"], ["\xc9_png", "e\u0301_jpg"]),
            # The longer names are taken by other photographs.
            (["p/a.png", "p/a.jpg", "p/a_png.png"], None),
            (["p/a.png", "q/a.png", "p/p_a.png"], None),
        ],
    )
    def test_names(self, paths, names):
        found = [str(n) for n in name_outputs([source(p) for p in paths])]
        assert len({name.casefold() for name in found}) == len(paths)
        if names is not None:
            assert found == names

    def test_sub_folders_are_kept(self):
        found = name_outputs([source("p/a.png"), source("p/q/a.png", "q")])
        assert found == [pathlib.Path("a"), pathlib.Path("q/a")]
