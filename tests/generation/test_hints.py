import numpy as np
import pytest
from skimage import color

from keras_colorize.color import LabSpace
from keras_colorize.generation.photographs import Hints
from keras_colorize.generation.photographs import hints_of
from tests.models.small import images
from tests.models.small import small_pic


@pytest.fixture(scope="module")
def model():
    model = small_pic()
    model.prepare(images())
    return model


@pytest.fixture(scope="module")
def photo():
    rows, columns = np.mgrid[0:16, 0:16]
    channels = [60 + 8 * rows, 200 - 6 * columns, 90 + 3 * (rows + columns)]
    return np.uint8(np.stack(channels, axis=-1))


def ab_of(photo):
    return color.rgb2lab(photo)[..., 1:]


def generate(model, photos, **kwargs):
    return model.generate(photos, seed=1, verbose=0, **kwargs)


class TestOnGrid:
    @pytest.mark.parametrize(
        "size, grid", [((12, 20), (3, 5)), ((13, 9), (4, 4)), ((3, 2), (5, 4))]
    )
    def test_mean_of_each_cell(self, size, grid):
        rng = np.random.default_rng(0)
        mask = rng.random(size) < 0.3
        chroma = rng.uniform(-100, 100, (*size, 2)).astype("float32")
        (found,) = Hints(mask, chroma).on_grid(LabSpace(), *grid)
        # Every pixel cut into so many that they fill the cells evenly.
        repeats = [-(-g // s) for g, s in zip(grid, size)]
        mask, chroma = (
            x.repeat(repeats[0], 0).repeat(repeats[1], 1)
            for x in (mask, chroma)
        )
        expected = np.zeros((*grid, 3))
        for row in range(grid[0]):
            for column in range(grid[1]):
                known = [
                    chroma[y, x]
                    for y in range(mask.shape[0])
                    for x in range(mask.shape[1])
                    if mask[y, x]
                    and int((y + 0.5) / mask.shape[0] * grid[0]) == row
                    and int((x + 0.5) / mask.shape[1] * grid[1]) == column
                ]
                if known:
                    a, b = np.mean(known, axis=0)
                    expected[row, column] = (
                        (a - 0.5) / 127.5,
                        (b + 0.5) / 127.5,
                        1,
                    )
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_nothing_known(self):
        hints = Hints(np.zeros((4, 4), bool), np.zeros((4, 4, 2), "float32"))
        np.testing.assert_array_equal(hints.on_grid(LabSpace(), 2, 2), 0)


class TestGenerate:
    def test_all_known_gives_the_photograph_back(self, model, photo):
        mask = np.ones(photo.shape[:2], bool)
        found = generate(model, photo, hints=(mask, ab_of(photo)))
        assert np.abs(found[0].astype(int) - photo).max() <= 1

    def test_inform_only_what_comes_after(self, model, photo):
        free = generate(model, photo, num_samples=3, dtype="float32")
        mask = np.zeros((16, 16), bool)
        mask[8:10, 8:10] = True
        chroma = np.full((16, 16, 2), np.nan)
        chroma[mask] = (60, -60)
        found = generate(
            model,
            photo,
            num_samples=3,
            hints=(mask, chroma),
            dtype="float32",
            upsampling="bilinear",
        )
        for image in found:
            known = ab_of(image)[mask]
            # Toward gray where the color is outside the gamut, never another.
            angle = np.degrees(np.arctan2(known[:, 1], known[:, 0]))
            np.testing.assert_allclose(angle, -45, atol=6)
        free = generate(
            model,
            photo,
            num_samples=3,
            dtype="float32",
            upsampling="bilinear",
        )
        changed = np.abs(found - free).max(axis=(0, 3)) > 1e-3
        # The grid is 4 x 4 cells of 4 pixels: rows above the hint's cells,
        # as far as enlarging does not mix them, are as they were.
        assert not changed[:5].any()
        assert changed[11:].any()

    def test_batch_and_list(self, model, photo):
        photos = np.stack([photo, photo[::-1]])
        mask = np.zeros((2, 16, 16, 1), "uint8")
        mask[0, :6] = 1
        chroma = np.stack([ab_of(x) for x in photos])
        batch = generate(model, photos, hints=(mask, chroma))
        items = generate(
            model, list(photos), hints=[(mask[0, ..., 0], chroma[0]), None]
        )
        np.testing.assert_array_equal(batch, np.stack(items))
        alone = generate(model, photo, hints=(mask[0], chroma[0]))
        np.testing.assert_array_equal(batch[0], alone)
        free = generate(model, photos)
        np.testing.assert_array_equal(batch[1], free[1])
        assert (batch[0] != free[0]).any()


class TestErrors:
    PHOTO = np.zeros((4, 6, 1), "uint8")
    MASK = np.ones((4, 6), bool)
    CHROMA = np.zeros((4, 6, 2))

    @pytest.mark.parametrize(
        "hints, error, message",
        [
            (MASK, ValueError, "pair"),
            ((MASK,), ValueError, "pair"),
            ((MASK[:3], CHROMA), ValueError, r"\(3, 6\).*\(4, 6\)"),
            ((MASK, CHROMA[..., :1]), ValueError, r"\(4, 6, 1\)"),
            ((2 * MASK, CHROMA), ValueError, "0 and 1"),
            ((MASK, CHROMA > 0), TypeError, "bool"),
            ((MASK, CHROMA + np.nan), ValueError, "not finite"),
            ((MASK, CHROMA + 130), ValueError, "128"),
        ],
    )
    def test_one(self, hints, error, message):
        with pytest.raises(error, match=message):
            hints_of(hints, [self.PHOTO], "one")

    def test_batch_of_another_length(self):
        hints = (self.MASK[None], self.CHROMA[None])
        with pytest.raises(ValueError, match="batch of 2"):
            hints_of(hints, [self.PHOTO] * 2, "batch")

    def test_batch_of_scalars(self):
        with pytest.raises(ValueError, match="batch of 2"):
            hints_of((True, 3.0), [self.PHOTO] * 2, "batch")

    def test_list_of_another_length(self):
        with pytest.raises(ValueError, match="list of 2"):
            hints_of([None], [self.PHOTO] * 2, "list")

    def test_item_is_named(self):
        with pytest.raises(ValueError, match=r"hints\[1\]"):
            hints_of([None, (self.MASK,)], [self.PHOTO] * 2, "list")
