"""Images to train or to evaluate on, from a folder or an array."""

import pathlib

import numpy as np
from PIL import Image

from keras_colorize.images import read_photograph
from keras_colorize.images.formats import SUFFIXES
from keras_colorize.images.photograph import with_depth

RESIZE = ("crop", "squash")


class ImageSource:
    """RGB images in a folder or in a .npy file, in a fixed random order.

    The order is always the same. `examples/train_pic.py` holds out the first
    images, so evaluation on the first images uses images that training did not
    see. The constructor finds all images and refuses what cannot be used; it
    loads none.

    Args:
        path: str or Path. A folder of photographs (PNG, JPEG, TIFF, WebP, BMP;
            also in its sub-folders; hidden files are left out), which become
            squares of one size; or a .npy file of uint8 RGB images
            (N, H, W, 3), which stay as they are.
        limit: int or None. How many images to take; None takes all.
        skip: int. How many images to leave out first.
        resize: str. How photographs become squares: `"crop"` takes the central
            square; `"squash"` changes the proportions, as the ILSVRC protocol
            of Royer et al. (2017, section 4.2: "we rescale all images to
            128x128 pixels").

    Raises:
        FileNotFoundError: If there is no such folder or file.
        ValueError: If there are no images, other arrays than expected, or fewer
            images than asked for.
    """

    def __init__(self, path, limit=None, skip=0, resize="crop"):
        check_resize(resize)
        self.path = pathlib.Path(path)
        self.resize = resize
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
        """The name of the folder or file, without its place."""
        return self.path.absolute().name

    def read(self, index, size):
        """Reads one image.

        Args:
            index: int. Its place in the order.
            size: int. The side of photographs of a folder.

        Returns:
            A uint8 array (H, W, 3).

        Raises:
            ValueError: If the photograph cannot be read.
        """
        image = self._images[self._order[index]]
        if isinstance(image, np.ndarray):
            return image
        pixels = with_depth(read_photograph(image).pixels, np.uint8)
        pixels = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
        return fitted(pixels, size, self.resize)

    def load(self, size):
        """Reads all images: a uint8 array (N, H, W, 3). See `read`."""
        return np.stack([self.read(i, size) for i in range(len(self))])


def check_resize(resize):
    """Refuses an unknown `resize`."""
    if resize not in RESIZE:
        raise ValueError(f"resize is {resize!r}. Expected one of {RESIZE}.")


def fitted(image, size, resize="crop"):
    """An image as a square of another size (Lanczos).

    Args:
        image: uint8 array (H, W, 3).
        size: int. The side of the square.
        resize: str. `"crop"` takes the central square; `"squash"` changes the
            proportions.

    Returns:
        A uint8 array (size, size, 3); the same image if it has this size.
    """
    height, width = image.shape[:2]
    if (height, width) == (size, size):
        return image
    box = (0, 0, width, height)
    if resize == "crop":
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
    check_images(path, images)
    return images


def check_images(name, images):
    """Refuses what is not a uint8 array of RGB images, (N, H, W, 3)."""
    found = type(images).__name__
    if isinstance(images, np.ndarray):
        found = f"{images.dtype} of shape {images.shape}"
        is_rgb = images.ndim == 4 and images.shape[3] == 3
        if images.dtype == np.uint8 and is_rgb and images.size:
            return
    raise ValueError(
        f"{name}: got {found}. Expected a uint8 array of RGB images, (N, "
        "height, width, 3)."
    )
