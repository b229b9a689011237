import pathlib

import pytest

from keras_colorize.cli.inputs import Source
from keras_colorize.cli.names import name_outputs


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
            (["p/a.png", "q/a.png"], ["p_a", "q_a"]),
            (
                ["p/a.png", "p/a.jpg", "q/a.png"],
                ["p_a_png", "p_a_jpg", "q_a_png"],
            ),
            (["x/p/a.png", "y/p/a.png"], ["p_a_png_1", "p_a_png_2"]),
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
