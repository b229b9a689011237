"""Draws and writes the colorings of a photograph. Imports Keras."""

import dataclasses
import pathlib

import numpy as np

from keras_colorize import images
from keras_colorize.evaluation.measures import gray_of
from keras_colorize.images import Photograph
from keras_colorize.images import keep_border
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.images.photograph import with_depth
from keras_colorize.presets.registry import DEFAULT

_BACKGROUND = 128
# Rows of a photograph that become gray at a time, to save memory.
_ROWS = 64


@dataclasses.dataclass(frozen=True)
class Drawn:
    """What the model gives for a photograph.

    Args:
        colorings: Array `(num_samples, H, W, 3)`, or None if no coloring is
            missing.
        uncertainty: uint8 array `(H, W, 1)`, or None likewise.
    """

    colorings: np.ndarray | None
    uncertainty: np.ndarray | None


def draw(model, photograph, outputs, keeps_border, **options):
    """Draws what is missing; `options` are arguments of `generate`."""
    colorings = uncertainty = None
    if not outputs.missing.isdisjoint(outputs.colorings):
        colorings = draw_colorings(
            model, photograph, outputs.format, keeps_border, **options
        )
    if outputs.uncertainty in outputs.missing:
        uncertainty = draw_uncertainty(model, photograph)
    return Drawn(colorings, uncertainty)


def draw_uncertainty(model, photograph):
    """A uint8 array `(H, W, 1)`: white where the model does not know."""
    values = model.uncertainty(photograph.pixels)[..., None]
    return np.floor(255 * values + 0.5).astype("uint8")


def draw_colorings(model, photograph, format, keeps_border=False, **options):
    """Draws colorings in the depth of the photograph that a format holds."""
    deep = photograph.bits == 16 and format in images.DEEP_FORMATS
    dtype = "uint16" if deep else "uint8"
    colorings = model.generate(photograph.pixels, dtype=dtype, **options)
    return (
        keep_border(photograph.pixels, colorings) if keeps_border else colorings
    )


def name_of(preset):
    """A preset's name for others.

    It names the default preset, which may change, and not the folders of this
    machine.
    """
    path = pathlib.Path(preset)
    if path.is_dir():
        return path.resolve().name
    return DEFAULT if preset == "default" else preset


def write(photograph, outputs, drawn, note, pool, wrote):
    """Writes the missing outputs.

    Args:
        photograph: `Photograph`.
        outputs: `Outputs`.
        drawn: `Drawn`.
        note: tuple of the preset's name and the seed for the note of synthetic
            colors, or None for no note.
        pool: `concurrent.futures.Executor`. Writes the colorings.
        wrote: Function. Called with the path of each file.
    """

    def noted(picture, *coloring):
        return picture.with_note(*note, *coloring) if note else picture

    def write_one(path, picture):
        write_photograph(path, picture, overwrite=path in outputs.replaced)
        wrote(path)

    new = {}
    if drawn.colorings is not None:
        new = {
            path: noted(photograph.with_pixels(pixels), k)
            for k, (path, pixels) in enumerate(
                zip(outputs.colorings, drawn.colorings), 1
            )
            if path in outputs.missing
        }
        list(pool.map(write_one, new, new.values()))
    if outputs.sheet in outputs.missing:
        # Existing colorings are part of the sheet, too.
        colorings = [
            new[path] if path in new else _read_coloring(path, photograph)
            for path in outputs.colorings
        ]
        write_one(outputs.sheet, noted(sheet_of(photograph, colorings)))
    if outputs.uncertainty in outputs.missing:
        write_one(outputs.uncertainty, Photograph(drawn.uncertainty))


def _read_coloring(path, photograph):
    coloring = read_photograph(path)
    if coloring.pixels.shape[:2] != photograph.pixels.shape[:2]:
        raise ValueError(
            f"{path} exists and is no coloring of it: the sizes differ. Choose "
            "another output folder with -o, or replace the file with "
            "--overwrite."
        )
    return coloring


def sheet_of(photograph, colorings):
    """A `Photograph` of the gray photograph beside its colorings."""
    pictures = map(opaque, (as_gray(photograph), *colorings))
    sheet = images.contact_sheet(pictures)
    return Photograph(sheet, icc_profile=photograph.icc_profile)


def as_gray(photograph):
    """The photograph without its colors."""
    if photograph.pixels.shape[2] == 1:
        return photograph
    rgb = photograph.pixels
    pixels = np.empty((*rgb.shape[:2], 1), np.uint8)
    for row in range(0, len(rgb), _ROWS):
        band = slice(row, row + _ROWS)
        pixels[band] = gray_of(rgb[band])[..., :1]
    return photograph.with_pixels(pixels)


def opaque(photograph):
    """8-bit pixels in front of the sheet's background."""
    pixels = with_depth(photograph.pixels, np.uint8)
    if photograph.alpha is None:
        return pixels
    alpha = with_depth(photograph.alpha, np.uint8).astype(np.float32) / 255
    mixed = alpha * pixels + (1 - alpha) * _BACKGROUND
    return np.floor(mixed + 0.5).astype(np.uint8)
