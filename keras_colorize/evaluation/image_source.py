"""Images to train or to evaluate on, from a folder or an array."""

import pathlib

import numpy as np
from PIL import Image
from PIL import ImageOps

from keras_colorize.images import read_photograph
from keras_colorize.images.formats import SUFFIXES
from keras_colorize.images.photograph import with_depth
from keras_colorize.metrics.samples import check_choice

RESIZE = ("crop", "squash")


class ImageSource:
    """RGB images in a folder or in a .npy file, in a fixed random order.

    The order is always the same. `examples/train_pic.py` holds out the first
    images, so evaluation on the first images uses images that training did not
    see. The constructor finds the images and loads none.

    Args:
        path: str or Path. A folder of photographs (PNG, JPEG, TIFF, WebP, BMP),
            which become squares of one size; or a .npy file of uint8 RGB images
            (N, H, W, 3), which stay as they are. Photographs in sub-folders
            count; hidden files do not.
        limit: int or None. The number of images to take; None takes all.
        skip: int. The number of images to leave out first.
        resize: str. How photographs become squares: `"crop"` takes the central
            square; `"squash"` changes the proportions, as the ILSVRC protocol
            of Royer et al. does (2017, section 4.2).

    Raises:
        FileNotFoundError: If there is no such folder or file.
        ValueError: If an argument is not as above, or there are fewer images.
    """

    def __init__(self, path, limit=None, skip=0, resize="crop"):
        check_choice("resize", resize, RESIZE)
        self.path = pathlib.Path(path)
        self.resize = resize
        find = _photographs if self.path.is_dir() else _array
        self._images = find(self.path)
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
        """The name of the folder or file, without its path."""
        return self.path.absolute().name

    def read(self, index, size):
        """Reads one image: a uint8 array (H, W, 3).

        Args:
            index: int. The image's place in the order.
            size: int. The side of photographs of a folder.
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


def fitted(image, size, resize="crop"):
    """A uint8 image (H, W, 3) as a square (size, size, 3), by Lanczos.

    For `resize`, see `ImageSource`. An image of this size stays as it is.
    """
    if image.shape[:2] == (size, size):
        return image
    picture = Image.fromarray(np.ascontiguousarray(image))
    fit = ImageOps.fit if resize == "crop" else Image.Image.resize
    return np.asarray(fit(picture, (size, size), Image.Resampling.LANCZOS))


def _photographs(folder):
    paths = sorted(folder.rglob("[!.]*"))
    files = [path for path in paths if path.suffix.lower() in SUFFIXES]
    if not files:
        raise ValueError(
            f"There are no photographs in {folder}. Expected files that end in "
            f"{', '.join(SUFFIXES)}."
        )
    return files


def _array(path):
    if not path.is_file():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(
            f"{path} cannot be read: {error} Expected a folder of photographs, "
            "or a .npy file of uint8 images (N, height, width, 3)."
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
