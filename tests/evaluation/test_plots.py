import io

import pytest
from PIL import Image

from keras_colorize.evaluation import plot_curve
from keras_colorize.evaluation import read_curve


class TestReadCurve:
    def test_columns(self, tmp_path):
        path = tmp_path / "curve.csv"
        path.write_text(
            "epoch,step,val_bits_per_dim,loss\n1,5,3.5,9\n2,9,3,8\n"
        )
        expected = {"step": [5.0, 9.0], "val_bits_per_dim": [3.5, 3.0]}
        assert read_curve(path) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "step,bits_per_dim\n",
            "epoch,bits_per_dim\n1,2\n",
            "step,loss\n1,2\n",
            "step,bits_per_dim\n1,two\n",
            "step,bits_per_dim\n1,nan\n",
            "step,bits_per_dim\n1\n",
            "\x89PNG\r\n",
        ],
    )
    def test_other_files_are_refused(self, text, tmp_path):
        (tmp_path / "curve.csv").write_text(text)
        with pytest.raises(ValueError, match="not a learning curve"):
            read_curve(tmp_path / "curve.csv")


def test_plot_curve():
    pytest.importorskip("matplotlib")
    png = plot_curve({"step": [1.0, 2.0], "bits_per_dim": [4.0, 3.0]})
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG" and picture.width > 100
