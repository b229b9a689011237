"""Makes the files of a photograph's colorings. Imports Keras."""

import concurrent.futures
import dataclasses
import functools
import os
import pathlib

import numpy as np

from keras_colorize import images
from keras_colorize.evaluation.measures import gray_of
from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.images.photograph import with_depth
from keras_colorize.images.write import cannot_hold

_BACKGROUND = 128


@dataclasses.dataclass(frozen=True)
class Outputs:
    """The output files of a photograph, and the missing files of these."""

    format: str
    colorings: list[pathlib.Path]
    sheet: pathlib.Path | None
    uncertainty: pathlib.Path | None
    missing: frozenset[pathlib.Path]

    def __str__(self):
        text = str(self.colorings[0])
        if len(self.colorings) > 1:
            text += f" to {self.colorings[-1].name}"
        others = filter(None, (self.sheet, self.uncertainty))
        return ", ".join([text, *(path.name for path in others)])


def plan_outputs(photograph, name, inputs, args):
    """Plans the `Outputs` of a photograph.

    `name` is relative to the output folder. `inputs` are the real paths of all
    photographs, which no output may replace.
    """
    format = choose_format(photograph, args.format)
    suffix = images.FORMATS[format][0]
    start = args.output / name
    paths = [
        start.with_name(f"{start.name}_{k}{suffix}")
        for k in range(1, args.num_samples + 1)
    ]
    sheet, uncertainty = (
        start.with_name(f"{start.name}_{kind}.png") if wanted else None
        for kind, wanted in (
            ("sheet", args.sheet),
            ("uncertainty", args.uncertainty),
        )
    )
    wanted = filter(None, (*paths, sheet, uncertainty))
    missing = [p for p in wanted if args.overwrite or not p.exists()]
    for path in missing:
        if os.path.realpath(path) in inputs:
            raise ValueError(
                f"Its colorings would replace the photograph {path}. Choose "
                "another output folder with -o."
            )
    return Outputs(format, paths, sheet, uncertainty, frozenset(missing))


def choose_format(photograph, format):
    """Chooses the file format of a photograph's colorings.

    By default this is the photograph's own format, or PNG if its own cannot
    hold it. Another format may lose depth alone.
    """
    if format is None:
        own = photograph.format
        return "PNG" if cannot_hold(own, photograph) else own
    format = format.upper()
    problem = cannot_hold(format, photograph)
    if problem and problem != "depth":
        raise ValueError(
            f"{format} cannot hold its {problem}. Choose another --format."
        )
    return format


def color_photograph(model, photograph, outputs, overwrite, **options):
    """Makes the missing outputs; `options` are arguments of `generate`."""
    outputs.colorings[0].parent.mkdir(parents=True, exist_ok=True)
    new = {}
    if not outputs.missing.isdisjoint(outputs.colorings):
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
        write = functools.partial(write_photograph, overwrite=overwrite)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(write, new, new.values()))
    if outputs.sheet in outputs.missing:
        # Existing colorings are part of the sheet, too.
        colorings = [
            new[path] if path in new else _read_coloring(path, photograph)
            for path in outputs.colorings
        ]
        sheet = sheet_of(photograph, colorings)
        write_photograph(outputs.sheet, sheet, overwrite)
    if outputs.uncertainty in outputs.missing:
        values = model.uncertainty(photograph.pixels)[..., None]
        picture = np.floor(255 * values + 0.5).astype("uint8")
        write_photograph(outputs.uncertainty, Photograph(picture), overwrite)


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
    return photograph.with_pixels(gray_of(photograph.pixels))


def opaque(photograph):
    """8-bit pixels in front of the sheet's background."""
    pixels = with_depth(photograph.pixels, np.uint8)
    if photograph.alpha is None:
        return pixels
    alpha = with_depth(photograph.alpha, np.uint8).astype(np.float32) / 255
    mixed = alpha * pixels + (1 - alpha) * _BACKGROUND
    return np.floor(mixed + 0.5).astype(np.uint8)
