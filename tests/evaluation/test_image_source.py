import numpy as np
import pytest
from PIL import Image

from keras_colorize.evaluation import ImageSource
from keras_colorize.evaluation.image_source import fitted
from tests.models.small import images


@pytest.fixture
def array(tmp_path):
    np.save(tmp_path / "images.npy", images(12))
    return tmp_path / "images.npy"


@pytest.fixture
def folder(tmp_path):
    """Photographs of one color each, by their names, and other files."""
    folder = tmp_path / "photos"
    for i in range(6):
        place = folder / f"{i % 2}"
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20 + i, 15), (40 * i, 9, 0)).save(place / f"{i}.png")
    Image.new("L", (9, 9), 77).save(folder / "gray.PNG")
    (folder / "notes.txt").write_text("none")
    (folder / ".hidden.png").write_text("none")
    return folder


class TestImageSource:
    def test_array_in_the_order_of_training(self, array):
        order = np.random.default_rng(0).permutation(12)
        source = ImageSource(array, limit=5)
        assert len(source) == 5 and source.name == "images.npy"
        found = source.load(size=99)
        assert found.dtype == np.uint8
        assert np.array_equal(found, images(12)[order[:5]])
        rest = ImageSource(array, skip=5)
        assert np.array_equal(rest.load(99), images(12)[order[5:]])
        some = ImageSource(array, limit=3, skip=5)
        assert np.array_equal(some.load(99), images(12)[order[5:8]])
        assert len(ImageSource(array)) == 12

    def test_folder(self, folder):
        source = ImageSource(folder)
        assert len(source) == 7 and source.name == "photos"
        found = source.load(size=8)
        assert found.shape == (7, 8, 8, 3) and found.dtype == np.uint8
        # The sorted files, shuffled.
        order = ["0/0", "0/2", "0/4", "1/1", "1/3", "1/5", "gray"]
        np.random.default_rng(0).shuffle(order)
        colors = [
            (77, 77, 77) if name == "gray" else (40 * int(name[-1]), 9, 0)
            for name in order
        ]
        assert [tuple(image[0, 0]) for image in found] == colors

    def test_crop_and_squash(self, tmp_path):
        image = images(1, 20)[0][:14]
        Image.fromarray(image).save(tmp_path / "wide.png")
        boxes = {"crop": (3, 0, 17, 14), "squash": (0, 0, 20, 14)}
        for resize, box in boxes.items():
            expected = Image.fromarray(image).resize((8, 8), Image.LANCZOS, box)
            assert np.array_equal(fitted(image, 8, resize), expected)
            source = ImageSource(tmp_path, resize=resize)
            assert np.array_equal(source.read(0, 8), expected)
        assert np.array_equal(fitted(image[:, :14], 14), image[:, :14])
        with pytest.raises(ValueError, match="'crop', 'squash'"):
            ImageSource(tmp_path, resize="pad")

    @pytest.mark.parametrize(
        "content, words",
        [
            (np.zeros((2, 4, 4, 3)), "float64"),
            (np.zeros((2, 4, 4), "uint8"), r"\(2, 4, 4\)"),
            (np.zeros((0, 4, 4, 3), "uint8"), r"\(0, 4, 4, 3\)"),
            (np.array([{}]), "cannot be read"),
        ],
    )
    def test_other_arrays_are_refused(self, content, words, tmp_path):
        np.save(tmp_path / "x.npy", content)
        with pytest.raises(ValueError, match=words):
            ImageSource(tmp_path / "x.npy")

    def test_other_places_are_refused(self, array, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(ValueError, match="no photographs"):
            ImageSource(tmp_path / "empty")
        with pytest.raises(FileNotFoundError, match="no file or folder"):
            ImageSource(tmp_path / "nowhere")
        (tmp_path / "text.npy").write_text("text")
        with pytest.raises(ValueError, match="cannot be read"):
            ImageSource(tmp_path / "text.npy")
        np.savez(tmp_path / "several.npz", images(2))
        with pytest.raises(ValueError, match="got NpzFile"):
            ImageSource(tmp_path / "several.npz")
        with pytest.raises(ValueError, match="12 images. Expected at least 13"):
            ImageSource(array, limit=13)
        with pytest.raises(ValueError, match="Expected at least 13"):
            ImageSource(array, skip=12)
