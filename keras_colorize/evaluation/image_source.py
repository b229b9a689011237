"""Images to evaluate on, from a folder or an array."""

import pathlib

import numpy as np
from PIL import Image

from keras_colorize.images import read_photograph
from keras_colorize.images.formats import SUFFIXES
from keras_colorize.images.photograph import with_depth


class ImageSource:
    """RGB images in a folder or in a .npy file, in a fixed random order.

    The order is the same every time: the first images of a source are the ones
    that `examples/train_pic.py` holds out of it. What cannot be used is refused
    here, before anything is loaded.

    Args:
        path: str or Path. A folder, whose photographs (PNG, JPEG, TIFF, WebP,
            BMP; its sub-folders', too) are cropped to the square in their
            middle and resized; or a .npy file of uint8 RGB images
            (N, H, W, 3), which are taken as they are.
        limit: int or None. How many of the images to take, or all.
        skip: int. How many of them to leave out first.

    Raises:
        FileNotFoundError: There is no such folder or file.
        ValueError: It holds no images, not those that are expected, or fewer
            than are to be taken.
    """

    def __init__(self, path, limit=None, skip=0):
        self.path = pathlib.Path(path)
        if self.path.is_dir():
            self._images = _photographs(self.path)
        else:
            self._images = _array(self.path)
        count = len(self._images)
        wanted = skip + (1 if limit is None else limit)
        if count < wanted:
            raise ValueError(
                f"{self.path} holds {count} images. Expected at least {wanted}."
            )
        order = np.random.default_rng(0).permutation(count)
        stop = None if limit is None else skip + limit
        self._order = order[skip:stop]

    def __len__(self):
        return len(self._order)

    @property
    def name(self):
        """The name of the folder or file, without where it is."""
        return self.path.absolute().name

    @property
    def items(self):
        """The images, in order: an array of them, or the photographs' paths."""
        if isinstance(self._images, np.ndarray):
            return self._images[self._order]
        return [self._images[i] for i in self._order]

    def load(self, size):
        """Reads the images.

        Args:
            size: int. Side that photographs of a folder are resized to.

        Returns:
            A uint8 array (N, H, W, 3).

        Raises:
            ValueError: If a photograph cannot be read.
        """
        items = self.items
        if isinstance(items, np.ndarray):
            return items
        return np.stack([_photograph(path, size) for path in items])


def fitted(image, size):
    """An image cropped to the square in its middle and resized (Lanczos).

    Args:
        image: uint8 array (H, W, 3).
        size: int. Its new side.

    Returns:
        A uint8 array (size, size, 3); the same image if that is its size.
    """
    if image.shape[:2] == (size, size):
        return image
    height, width = image.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    picture = Image.fromarray(np.ascontiguousarray(image))
    picture = picture.resize((size, size), Image.Resampling.LANCZOS, box)
    return np.asarray(picture)


def _photographs(folder):
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]
    if not files:
        raise ValueError(
            f"There are no photographs in {folder}. Expected files that end in "
            f"{', '.join(SUFFIXES)}."
        )
    return files


def _array(path):
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no file or folder {path}. Expected a folder of "
            "photographs or a .npy file of images."
        )
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(
            f"{path} cannot be read as a .npy file: {error} Expected uint8 "
            "images (N, height, width, 3), or a folder of photographs."
        ) from error
    if (
        not isinstance(images, np.ndarray)
        or images.dtype != np.uint8
        or images.ndim != 4
        or images.shape[3] != 3
        or 0 in images.shape
    ):
        found = (
            f"{images.dtype} of shape {images.shape}"
            if isinstance(images, np.ndarray)
            else "several arrays"
        )
        raise ValueError(
            f"{path} holds {found}. Expected uint8 RGB images, (N, height, "
            "width, 3)."
        )
    return images


def _photograph(path, size):
    pixels = with_depth(read_photograph(path).pixels, np.uint8)
    return fitted(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), size)
