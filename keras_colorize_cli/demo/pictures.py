"""The pictures of the page: photographs and strokes in, files out.

Imports Keras.
"""

import dataclasses
import io
import itertools
import pathlib
import random
import shutil
import threading

import numpy as np
from keras import ops
from PIL import Image

from keras_colorize.color import rgb_to_lab
from keras_colorize.images import FORMATS
from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize_cli.colorize.coloring import as_gray
from keras_colorize_cli.colorize.coloring import draw_colorings
from keras_colorize_cli.colorize.coloring import draw_uncertainty
from keras_colorize_cli.colorize.coloring import name_of
from keras_colorize_cli.colorize.coloring import opaque
from keras_colorize_cli.colorize.outputs import choose_format

NUM_SAMPLES = 5

# Longest side of the pictures that the page shows.
PREVIEW = 1024


@dataclasses.dataclass(frozen=True)
class Picture:
    """A coloring: its caption, its file, and a small picture of it."""

    caption: str
    file: pathlib.Path
    preview: pathlib.Path


class Session:
    """The files of one open page.

    Args:
        folder: Path. An empty folder. `close` removes it.
        max_pixels: int. The most pixels of a photograph.

    Attributes:
        gray: Path or None. A small picture of the gray photograph.
        pictures: list of `Picture`. The colorings: the best, then samples.
        uncertainty: Path or None. A small picture, white where the model does
            not know the color.
    """

    def __init__(self, folder, max_pixels):
        self.gray = None
        self.pictures = []
        self.uncertainty = None
        self._folder = pathlib.Path(folder)
        self._max_pixels = max_pixels
        self._photograph = None
        self._folders = itertools.count(1)
        # A page may be closed while its photograph is being colored.
        self._lock = threading.Lock()

    def close(self):
        """Removes all files, after the work that is going on."""
        with self._lock:
            shutil.rmtree(self._folder)

    def open(self, upload):
        """Takes over an uploaded file, and makes `gray`.

        Args:
            upload: Path, on the disk of the session's folder. The file moves
                into this folder.

        Raises:
            ValueError: The file is gone, no photograph, or too large.
        """
        upload = pathlib.Path(upload)
        with self._lock:
            self._photograph, self.gray = None, None
            self.pictures, self.uncertainty = [], None
            for folder in self._folder.iterdir():
                shutil.rmtree(folder)
            folder = self._new_folder()
            try:
                place = upload.rename(folder / upload.name)
            except FileNotFoundError as error:
                # Equal uploads of two pages are one file.
                raise ValueError(
                    f"{upload.name} is not there any more. Drop it again."
                ) from error
            gray = as_gray(self._read(place))
            self.gray = _write(folder / "_gray.jpg", preview(gray))
            self._photograph = place

    def color(self, model, preset, seed, temperature, layers, progress):
        """Makes `pictures` and `uncertainty`.

        Args:
            model: `Colorizer`.
            preset: str. The model's name in the note of each coloring.
            seed: int or None.
            temperature: float. Of the samples; ignored by models that do not
                support a temperature.
            layers: list of uint8 arrays `(h, w, 4)`. Strokes: see `hints_of`;
                ignored by models that do not support hints.
            progress: Function of (rows done, rows in all).

        Raises:
            ValueError: There is no photograph, or an argument is wrong.
        """
        with self._lock:
            if self._photograph is None:
                raise ValueError("There is no photograph yet. Drop one first.")
            photograph = self._read(self._photograph)
            if seed is None:
                seed = random.SystemRandom().getrandbits(32)
            drawn = _draw(
                model, photograph, seed, temperature, layers, progress
            )
            folder = self._new_folder()
            pictures = [
                self._save(
                    folder,
                    k,
                    photograph.with_pixels(pixels).with_note(
                        name_of(preset), seed, k or 1
                    ),
                )
                for k, pixels in enumerate(drawn)
            ]
            uncertainty = None
            if "uncertainty" in model.supports:
                picture = draw_uncertainty(model, photograph)
                uncertainty = folder / "_uncertainty.png"
                _write(uncertainty, preview(Photograph(picture)))
            if self.pictures:
                shutil.rmtree(self.pictures[0].file.parent)
            self.pictures, self.uncertainty = pictures, uncertainty

    def _save(self, folder, k, coloring):
        """Writes the best coloring (k = 0) or sample k."""
        suffix = FORMATS[choose_format(coloring, None)][0]
        name = f"{self._photograph.stem}_{k or 'best'}{suffix}"
        return Picture(
            f"Sample {k}" if k else "Best",
            _write(folder / name, coloring),
            _write(folder / f"_preview_{k}.jpg", preview(coloring)),
        )

    def _new_folder(self):
        # Browsers keep pictures by their addresses, so no name comes twice.
        folder = self._folder / str(next(self._folders))
        folder.mkdir()
        return folder

    def _read(self, path):
        # Messages show the name, not the temporary folder.
        file = io.BytesIO(path.read_bytes())
        file.name = path.name
        return read_photograph(file, self._max_pixels)


def _draw(model, photograph, seed, temperature, layers, progress):
    """The pixels of the best coloring and of the samples."""
    hints = None
    if "hints" in model.supports:
        hints = hints_of(layers, photograph.pixels.shape[:2])
    options = {"seed": seed, "hints": hints, "progress": progress}
    of_samples = {"num_samples": NUM_SAMPLES}
    if "temperature" in model.supports:
        of_samples["temperature"] = temperature
    format = choose_format(photograph, None)
    return (
        *draw_colorings(
            model,
            photograph,
            format,
            **best_options(model, hints),
            **options,
        ),
        *draw_colorings(model, photograph, format, **of_samples, **options),
    )


def best_options(model, hints):
    """The arguments of `generate` for the best single coloring.

    The best coloring has the model's default readout. If this is random, or if
    there are hints, the best coloring has the mean of each pixel: at
    temperature 0, autoregressive models draw much gray.

    Args:
        model: `Colorizer`.
        hints: The `hints` of `generate`.
    """
    random = model.default_readout(drawn=False) == "sample"
    if (random or hints is not None) and "mean" in model.readouts:
        return {"readout": "mean"}
    return {}


def hints_of(layers, shape):
    """Hints of painted layers.

    Args:
        layers: list of uint8 arrays `(h, w, 4)` of one size: RGB and opacity,
            the lowest layer first. A pixel is painted if it is more opaque
            than transparent. The layers cover the photograph.
        shape: tuple of ints. Height and width of the photograph.

    Returns:
        The `hints` of `generate`, or None if nothing is painted.
    """
    if not any((layer[..., 3] > 127).any() for layer in layers):
        return None
    color = np.zeros_like(layers[0])
    for layer in layers:
        painted = layer[..., 3:] > 127
        color = np.where(painted, layer, color)
    lab = ops.convert_to_numpy(rgb_to_lab(color[..., :3]))
    # The pixel of the layers under the center of each of the photograph's.
    rows, columns = (
        (2 * np.arange(size) + 1) * ours // (2 * size)
        for size, ours in zip(shape, color.shape)
    )
    place = np.ix_(rows, columns)
    return (color[..., 3] > 127)[place], lab[..., 1:][place]


def preview(photograph):
    """A small opaque 8-bit `Photograph`, for the page."""
    pixels = opaque(photograph)
    channels = pixels.shape[2]
    image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    image.thumbnail((PREVIEW, PREVIEW))
    pixels = np.asarray(image).reshape(image.height, image.width, channels)
    return Photograph(pixels, icc_profile=photograph.icc_profile)


def _write(path, photograph):
    write_photograph(path, photograph)
    return path
