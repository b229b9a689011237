"""One photograph from its file to the files of its colorings."""

import concurrent.futures
import dataclasses
import os
import pathlib

from keras_colorize.cli.display import shown
from keras_colorize.cli.outputs import choose_format
from keras_colorize.cli.outputs import dtype_for
from keras_colorize.cli.outputs import output_paths
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph


@dataclasses.dataclass(frozen=True)
class Outputs:
    """A photograph's outputs, and which of them are still to be made."""

    colorings: list[pathlib.Path]
    sheet: pathlib.Path | None
    missing: frozenset[pathlib.Path]

    @property
    def to_draw(self):
        """Whether colors have to be drawn: not for the sheet alone."""
        return not self.missing.isdisjoint(self.colorings)

    def __str__(self):
        first, last = self.colorings[0], self.colorings[-1]
        text = shown(first)
        if last != first:
            text += f" to {shown(last.name)}"
        return f"{text}, {shown(self.sheet.name)}" if self.sheet else text


def plan_outputs(photograph, name, args):
    """The outputs of a photograph.

    Args:
        photograph: `Photograph`.
        name: Path. What its outputs are called, from `name_outputs`.
        args: The command's arguments.
    """
    colorings, sheet = output_paths(
        args.output,
        name,
        choose_format(photograph, args.format),
        args.num_samples,
        args.sheet,
    )
    everything = [*colorings, sheet] if sheet else colorings
    missing = frozenset(
        path for path in everything if args.overwrite or not path.exists()
    )
    return Outputs(colorings, sheet, missing)


def refuse_inputs(outputs, inputs):
    """Refuses outputs that would replace one of the input files."""
    for path in outputs.missing:
        if os.path.realpath(path) in inputs:
            raise ValueError(
                f"its colorings would replace the photograph {shown(path)}. "
                "Choose another output folder with -o."
            )


def color_file(model, photograph, outputs, overwrite, **options):
    """Makes the outputs of a photograph that are missing.

    Args:
        model: `Colorizer`.
        photograph: `Photograph`.
        outputs: `Outputs`.
        overwrite: bool. Whether to replace files.
        **options: Of `Colorizer.generate`.
    """
    outputs.colorings[0].parent.mkdir(parents=True, exist_ok=True)
    drawn = None
    if outputs.to_draw:
        drawn = model.generate(
            photograph.pixels,
            num_samples=len(outputs.colorings),
            dtype=dtype_for(photograph, outputs.colorings[0]),
            **options,
        )
    new = {
        path: photograph.with_pixels(drawn[k])
        for k, path in enumerate(outputs.colorings)
        if path in outputs.missing
    }
    write_all(new, overwrite)
    if outputs.sheet in outputs.missing:
        # The sheet shows what is in the folder.
        pictures = [
            new[path] if path in new else _kept(path, photograph)
            for path in outputs.colorings
        ]
        write_sheet(outputs.sheet, photograph, pictures, overwrite)


def write_all(pictures, overwrite):
    """Writes pictures, a dictionary by path, on all cores."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = [
            pool.submit(write_photograph, path, picture, overwrite)
            for path, picture in pictures.items()
        ]
    for future in futures:
        future.result()


def write_sheet(path, photograph, pictures, overwrite):
    """Writes a sheet of a photograph and its colorings."""
    # Imported late: it needs Keras.
    from keras_colorize.cli.sheet import sheet_of

    write_photograph(path, sheet_of(photograph, pictures), overwrite)


def _kept(path, photograph):
    picture = read_photograph(path)
    if picture.pixels.shape[:2] != photograph.pixels.shape[:2]:
        raise ValueError(
            f"{shown(path)} is there already and no coloring of it: its size "
            "is another. Choose another output folder with -o, or replace it "
            "with --overwrite."
        )
    return picture
