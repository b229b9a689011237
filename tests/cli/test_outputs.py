import pathlib

import numpy as np
import pytest

from keras_colorize.cli.errors import UsageError
from keras_colorize.cli.outputs import check_output
from keras_colorize.cli.outputs import choose_format
from keras_colorize.cli.outputs import dtype_for
from keras_colorize.cli.outputs import output_paths
from keras_colorize.images import Photograph


def photograph(format, dtype="uint8", alpha=None, shape=(2, 3)):
    pixels = np.zeros((*shape, 1), dtype)
    if alpha is not None:
        alpha = np.full((*shape, 1), alpha, dtype)
    return Photograph(pixels, alpha, format=format)


class TestChooseFormat:
    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
    def test_own(self, format):
        assert choose_format(photograph(format), None) == format

    def test_png_if_its_own_cannot_hold_it(self):
        assert choose_format(photograph("BMP", alpha=3), None) == "PNG"
        assert choose_format(photograph("BMP", alpha=255), None) == "BMP"

    def test_wanted(self):
        assert choose_format(photograph("PNG"), "webp") == "WEBP"
        assert choose_format(photograph("PNG", "uint16"), "jpeg") == "JPEG"

    def test_refused(self):
        with pytest.raises(ValueError, match="JPEG cannot hold its transp"):
            choose_format(photograph("PNG", alpha=3), "jpeg")
        wide = photograph("PNG", shape=(1, 16384))
        with pytest.raises(ValueError, match="WEBP cannot hold its size"):
            choose_format(wide, "webp")


class TestDtypeFor:
    def test_depth(self):
        deep = photograph("PNG", "uint16")
        assert dtype_for(deep, "a.tif") == "uint16"
        assert dtype_for(deep, "a.jpg") == "uint8"
        assert dtype_for(photograph("PNG"), "a.png") == "uint8"


class TestOutputPaths:
    def test_names_with_dots(self):
        folder, name = pathlib.Path("out"), pathlib.Path("in/st.john")
        paths, sheet = output_paths(folder, name, "JPEG", 2, True)
        assert [p.as_posix() for p in paths] == [
            "out/in/st.john_1.jpg",
            "out/in/st.john_2.jpg",
        ]
        assert sheet.as_posix() == "out/in/st.john_sheet.png"
        assert output_paths(folder, name, "JPEG", 2, False)[1] is None


class TestCheckOutput:
    def test_file(self, tmp_path):
        (tmp_path / "file").touch()
        for place in ("file", "file/inside/it"):
            with pytest.raises(UsageError, match="file is a file"):
                check_output(tmp_path / place)

    def test_folders(self, tmp_path):
        check_output(tmp_path)
        check_output(tmp_path / "new" / "newer")
        assert not (tmp_path / "new").exists()
