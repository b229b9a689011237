"""One photograph and the files of its colorings. Imports Keras."""

import concurrent.futures
import dataclasses
import os
import pathlib

import numpy as np

from keras_colorize import images
from keras_colorize.evaluation.measures import gray_of
from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.images.formats import LONGEST_SIDE
from keras_colorize.images.photograph import with_depth
from keras_colorize_cli.display import printable

_BACKGROUND = 128


@dataclasses.dataclass(frozen=True)
class Outputs:
    """The output files of a photograph, and which of them are missing."""

    format: str
    colorings: list[pathlib.Path]
    sheet: pathlib.Path | None
    missing: frozenset[pathlib.Path]

    @property
    def need_colors(self):
        """Whether a coloring is missing, not the sheet alone."""
        return not self.missing.isdisjoint(self.colorings)

    def __str__(self):
        first, last = self.colorings[0], self.colorings[-1]
        text = printable(first)
        if last != first:
            text += f" to {printable(last.name)}"
        return text + (f", {printable(self.sheet.name)}" if self.sheet else "")


def plan_outputs(photograph, name, inputs, args):
    """Plans the `Outputs` of a photograph.

    Args:
        photograph: `Photograph`.
        name: Path. What the outputs are called, relative to the folder.
        inputs: set of str. Real paths of files that must not be replaced.
        args: The command's arguments.
    """
    format = choose_format(photograph, args.format)
    suffix = images.FORMATS[format][0]
    start = args.output / name
    paths = [
        start.with_name(f"{start.name}_{k}{suffix}")
        for k in range(1, args.num_samples + 1)
    ]
    sheet = start.with_name(f"{start.name}_sheet.png") if args.sheet else None
    wanted = [*paths, sheet] if sheet else paths
    missing = [p for p in wanted if args.overwrite or not p.exists()]
    for path in missing:
        if os.path.realpath(path) in inputs:
            raise ValueError(
                f"its colorings would replace the photograph {printable(path)}."
                " Choose another output folder with -o."
            )
    return Outputs(format, paths, sheet, frozenset(missing))


def choose_format(photograph, format):
    """Chooses the file format of a photograph's colorings.

    None stands for the photograph's own format, or for PNG if that one cannot
    hold the photograph. A format that is asked for may lose depth alone.
    """
    if format is None:
        own = photograph.format
        return "PNG" if _cannot_hold(own, photograph) else own
    format = format.upper()
    problem = _cannot_hold(format, photograph)
    if problem and problem != "depth":
        raise ValueError(
            f"{format} cannot hold its {problem}. Choose another --format, "
            "such as png."
        )
    return format


def _cannot_hold(format, photograph):
    """What of a photograph a format cannot hold; None if it can hold all."""
    if max(photograph.pixels.shape[:2]) > LONGEST_SIDE.get(format, np.inf):
        return "size"
    alpha = photograph.alpha
    if format not in images.ALPHA_FORMATS and alpha is not None:
        if alpha.min() < np.iinfo(alpha.dtype).max:
            return "transparency"
    if format not in images.DEEP_FORMATS and photograph.bits == 16:
        return "depth"
    return None


def color_photograph(model, photograph, outputs, overwrite, **options):
    """Makes the missing outputs; `options` are those of `generate`."""
    outputs.colorings[0].parent.mkdir(parents=True, exist_ok=True)
    new = {}
    if outputs.need_colors:
        deep = photograph.bits == 16 and outputs.format in images.DEEP_FORMATS
        drawn = model.generate(
            photograph.pixels,
            num_samples=len(outputs.colorings),
            dtype="uint16" if deep else "uint8",
            **options,
        )
        new = {
            path: photograph.with_pixels(pixels)
            for path, pixels in zip(outputs.colorings, drawn)
            if path in outputs.missing
        }
        write_all(new, overwrite)
    if outputs.sheet in outputs.missing:
        # The sheet shows the files in the folder, old and new.
        colorings = [
            new[path] if path in new else _read_coloring(path, photograph)
            for path in outputs.colorings
        ]
        sheet = sheet_of(photograph, colorings)
        write_photograph(outputs.sheet, sheet, overwrite)


def write_all(photographs, overwrite):
    """Writes photographs, a dictionary by path, on all cores."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        futures = [
            pool.submit(write_photograph, path, photograph, overwrite)
            for path, photograph in photographs.items()
        ]
    for future in futures:
        future.result()


def _read_coloring(path, photograph):
    coloring = read_photograph(path)
    if coloring.pixels.shape[:2] != photograph.pixels.shape[:2]:
        raise ValueError(
            f"{printable(path)} exists and is no coloring of it: the sizes "
            "differ. Choose another output folder with -o, or replace the file "
            "with --overwrite."
        )
    return coloring


def sheet_of(photograph, colorings):
    """A `Photograph` of a photograph in gray and its colorings beside it."""
    gray = photograph
    if photograph.pixels.shape[2] == 3:
        gray = photograph.with_pixels(gray_of(photograph.pixels))
    tiles = [_opaque(each) for each in (gray, *colorings)]
    sheet = images.contact_sheet(tiles)
    return Photograph(sheet, icc_profile=photograph.icc_profile)


def _opaque(photograph):
    """8-bit pixels in front of the sheet's background."""
    pixels = with_depth(photograph.pixels, np.uint8)
    if photograph.alpha is None:
        return pixels
    alpha = with_depth(photograph.alpha, np.uint8).astype(np.float32) / 255
    mixed = alpha * pixels + (1 - alpha) * _BACKGROUND
    return np.floor(mixed + 0.5).astype(np.uint8)
