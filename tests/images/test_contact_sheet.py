import numpy as np
import pytest

from keras_colorize.images import contact_sheet


class TestContactSheet:
    def test_places_pictures_in_rows(self):
        gray = np.full((4, 6, 1), 10, np.uint8)
        rgb = [np.full((4, 6, 3), v, np.uint8) for v in (20, 30)]
        sheet = contact_sheet([gray, *rgb], columns=2)
        assert sheet.dtype == np.uint8
        # A gap of 8 around and between.
        assert sheet.shape == (8 + 4 + 8 + 4 + 8, 8 + 6 + 8 + 6 + 8, 3)
        expected = np.full(sheet.shape, 128, np.uint8)
        expected[8:12, 8:14] = 10
        expected[8:12, 22:28] = 20
        expected[20:24, 8:14] = 30
        np.testing.assert_array_equal(sheet, expected)

    @pytest.mark.parametrize("count, columns", [(1, 1), (6, 6), (7, 3)])
    def test_default_columns(self, count, columns):
        sheet = contact_sheet([np.zeros((4, 6, 3), np.uint8)] * count)
        assert sheet.shape[1] == 8 + 14 * columns

    def test_scales_large_pictures_down(self):
        picture = np.full((100, 300, 3), (9, 99, 199), np.uint8)
        gray = np.full((100, 300, 1), 50, np.uint8)
        sheet = contact_sheet([picture, gray], tile=60)
        assert sheet.shape == (8 + 20 + 8, 8 + 60 + 8 + 60 + 8, 3)
        assert (sheet[8:28, 8:68] == (9, 99, 199)).all()
        assert (sheet[8:28, 76:136] == 50).all()

    def test_refuses_other_pictures(self):
        picture = np.zeros((4, 6, 3), np.uint8)
        with pytest.raises(ValueError, match="no images"):
            contact_sheet([])
        with pytest.raises(ValueError, match="one height and width"):
            contact_sheet([picture, np.zeros((6, 4, 3), np.uint8)])
        with pytest.raises(ValueError, match="uint16"):
            contact_sheet([picture.astype(np.uint16)])
