import io
import warnings

import numpy as np
import pytest
import tifffile

from keras_colorize.images import read_photograph


def _pages(pages, **options):
    """A TIFF file of pairs of samples and a subfile type."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **options) as writer:
        for samples, kind in pages:
            writer.write(
                samples, photometric="rgb", subfiletype=kind, metadata=None
            )
    return file


class TestPages:
    @pytest.mark.parametrize(
        "options", [{}, {"byteorder": ">"}, {"bigtiff": True}]
    )
    def test_first_of_three_with_a_warning(self, options, smooth):
        pages = [(page, 2) for page in (smooth, 255 - smooth, smooth)]
        with pytest.warns(UserWarning, match="3 pages. Only the first page"):
            photograph = read_photograph(_pages(pages, **options))
        np.testing.assert_array_equal(photograph.pixels, smooth)

    @pytest.mark.parametrize("options", [{}, {"byteorder": ">"}])
    @pytest.mark.parametrize("kind", [1, 3])
    def test_smaller_copies_are_no_pages(self, options, kind, smooth):
        file = _pages([(smooth, 0), (smooth[::2, ::2].copy(), kind)], **options)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_photograph(file)

    def test_masks_are_no_pages(self, smooth):
        file = io.BytesIO()
        with tifffile.TiffWriter(file) as writer:
            writer.write(smooth, photometric="rgb", metadata=None)
            mask = smooth[..., 0] > 100
            writer.write(mask, photometric="mask", subfiletype=4, metadata=None)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_photograph(file)


class TestKinds:
    @pytest.mark.parametrize(
        "photometric, name",
        [
            ("cielab", r"CIE L\*a\*b\*"),
            ("icclab", r"ICC L\*a\*b\*"),
            ("logluv", "LogLuv"),
            ("linear_raw", "raw data of a camera"),
        ],
    )
    def test_colors_are_named(self, photometric, name, smooth):
        file = io.BytesIO()
        tifffile.imwrite(file, smooth, photometric=photometric, metadata=None)
        with pytest.raises(ValueError, match=f"colors are {name}") as caught:
            read_photograph(file)
        assert str(caught.value).endswith("Convert it to RGB.")

    @pytest.mark.parametrize(
        "dtype, name",
        [
            (np.float16, "floating-point numbers"),
            (np.float32, "floating-point numbers"),
            (np.complex64, "complex numbers"),
            (np.int8, "int8"),
        ],
    )
    def test_samples_are_named(self, dtype, name):
        file = io.BytesIO()
        samples = np.zeros((2, 3), dtype)
        tifffile.imwrite(file, samples, photometric="minisblack", metadata=None)
        with pytest.raises(ValueError, match=f"samples are {name}") as caught:
            read_photograph(file)
        assert "damaged" not in str(caught.value)
