"""`keras-colorize colorize`."""

import argparse
import collections
import os
import pathlib
import random

from keras_colorize_cli import arguments
from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.display import Display
from keras_colorize_cli.inputs import find_photographs
from keras_colorize_cli.inputs import name_outputs

# The package has these values too, but takes seconds to import.
FORMATS = ("png", "jpeg", "tiff", "webp", "bmp")
UPSAMPLING = ("guided", "bilinear", "corners")

_ALIASES = {"jpg": "jpeg", "tif": "tiff"}

DESCRIPTION = """\
Color photographs. Only the luminance of a color photograph is used.

A photograph NAME gives NAME_1, NAME_2, ... at its own resolution. The sheet
NAME_sheet.png shows the gray photograph beside its colorings. Depth (16 bits in
PNG and TIFF), transparency, color profile, EXIF data and resolution are kept.
Existing outputs are kept, too, and only missing outputs are made.
"""

EXAMPLES = """\
examples:
  keras-colorize colorize old.jpg -o colored
        write colored/old_1.jpg and colored/old_sheet.png
  keras-colorize colorize examples/photos -o colored --num-samples 5
        five colorings and a sheet of every photograph in a folder
  keras-colorize colorize album scans/*.tif -o out --recursive --format png
        folders with their sub-folders, and files, all to PNG
  keras-colorize colorize album -o out --seed 7 --temperature 0.8 --no-sheet
        less varied colors, the same in every run, without sheets
  keras-colorize colorize old.jpg -o colored --like summer.jpg
        the colors of another photograph

names:
  With --recursive, the output folder has the sub-folders of the input folder.
  If photographs have the same name, such as a.jpg and a.png, their suffixes
  and, if necessary, their folders become part of the names (a_jpg_1, a_png_1).

"""


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    command.add_argument(
        "inputs",
        nargs="+",
        type=pathlib.Path,
        metavar="INPUTS",
        help="photographs (PNG, JPEG, TIFF, WebP, BMP) and folders of them; "
        "other files in a folder are ignored",
    )
    command.add_argument(
        "-o",
        "--output",
        required=True,
        type=pathlib.Path,
        metavar="DIR",
        help="folder to write into; it is made if it does not exist",
    )
    add = command.add_argument_group("the colors").add_argument
    arguments.add_preset(add)
    arguments.add_samples(add, 1)
    add(
        "--seed",
        type=arguments.at_least(0),
        metavar="N",
        help="the same seed gives the same colors, whatever the other "
        "photographs and the number of colorings (default: a new seed, which "
        "is printed)",
    )
    add(
        "--readout",
        metavar="NAME",
        help="how colors are chosen from the model's distribution, such as "
        "sample, mode, mean, expectation or coherent; a wrong name prints "
        "those of the preset (default: chosen by the model)",
    )
    add(
        "--like",
        type=pathlib.Path,
        metavar="FILE",
        help="photograph in color whose colors the colorings take",
    )
    add(
        "--batch-size",
        type=arguments.at_least(1),
        metavar="N",
        help="colorings drawn at a time, for speed and memory (default: "
        "chosen by the model)",
    )
    add(
        "--upsampling",
        choices=UPSAMPLING,
        default=UPSAMPLING[0],
        help="how chroma is enlarged: guided by the photograph's edges, "
        "bilinear, or bilinear with aligned corners as in the program of Royer "
        "et al. (2017) (default: %(default)s)",
    )
    add = command.add_argument_group("the files").add_argument
    yes_or_no = argparse.BooleanOptionalAction
    add("--sheet", action=yes_or_no, default=True, help="write a sheet")
    add(
        "--uncertainty",
        action="store_true",
        help="write NAME_uncertainty.png: white where the model does not know "
        "the color, black where it does",
    )
    add("--overwrite", action="store_true", help="replace existing outputs")
    add("--recursive", action="store_true", help="look into sub-folders")
    add(
        "--format",
        type=_format,
        choices=FORMATS,
        help="format of the colorings (default: the photograph's own, or png "
        "if its own cannot hold transparency, depth or size)",
    )


def _format(text):
    name = text.lower().removeprefix(".")
    return _ALIASES.get(name, name)


def run(args):
    """Colors photographs and returns the exit code."""
    sources = find_photographs(args.inputs, args.recursive, args.output)
    arguments.check_output(args.output)
    if args.like is not None and not args.like.is_file():
        raise UsageError(f"argument --like: There is no file {args.like}.")
    display = Display()
    model = loading.load_model(
        args, display, temperature=args.temperature, readout=args.readout
    )
    if args.uncertainty and "uncertainty" not in model.supports:
        raise UsageError(
            f"argument --uncertainty: the model of {args.preset} does not "
            "measure uncertainty. Choose another --preset, or leave "
            "--uncertainty out."
        )
    if args.like is not None:
        # One histogram serves all photographs.
        args.like = _colors_of(model, args.like)
    if args.seed is None:
        args.seed = random.SystemRandom().getrandbits(32)
        display.result(
            f"Seed {args.seed} (--seed {args.seed} draws the same again)"
        )
    run = _Run(args, sources, model, display)
    try:
        with display:
            for done, name in enumerate(name_outputs(sources)):
                display.progress("Photographs", done, len(sources))
                run.color(sources[done].path, name)
    finally:  # also if interrupted
        run.summarize()
    return 1 if run.count["failed"] else 0


def _colors_of(model, path):
    try:
        return model.color_histogram(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"argument --like: {error}") from error


class _Run:
    """Colors one photograph after the other and counts results."""

    def __init__(self, args, sources, model, display):
        self.args = args
        self.inputs = {os.path.realpath(source.path) for source in sources}
        self.model = model
        self.display = display
        self.count = collections.Counter()

    def color(self, path, name):
        """Colors one photograph, or reports an error."""
        title = f"{path.name} (rows)"
        with loading.show_warnings(self.display, path):
            try:
                self._color(path, name, title)
            except Exception as error:
                self.count["failed"] += 1
                is_plain = isinstance(error, (OSError, ValueError))
                text = str(error) if is_plain else repr(error)
                self.display.problem("error", path, text)
        self.display.remove(title)

    def _color(self, path, name, title):
        # Imports Keras.
        from keras_colorize_cli import coloring

        args = self.args
        photograph = coloring.read_photograph(path)
        outputs = coloring.plan_outputs(photograph, name, self.inputs, args)
        if not outputs.missing:
            self.count["kept"] += 1
            self.display.result(f"{path}: kept {outputs}")
            return
        coloring.color_photograph(
            self.model,
            photograph,
            outputs,
            overwrite=args.overwrite,
            seed=args.seed,
            temperature=args.temperature,
            readout=args.readout,
            like=args.like,
            batch_size=args.batch_size,
            upsampling=args.upsampling,
            progress=lambda *rows: self.display.progress(title, *rows),
        )
        self.count["colored"] += 1
        self.count["files"] += len(outputs.missing)
        self.display.result(f"{path}: {outputs}")

    def summarize(self):
        """Prints the numbers of photographs and files."""
        count = self.count
        text = f"Photographs colored: {count['colored']}"
        if count["kept"]:
            text += f", kept: {count['kept']} (--overwrite draws them again)"
        if count["failed"]:
            text += f", failed: {count['failed']}"
        self.display.result(
            f"{text}. Files written: {count['files']} in {self.args.output}."
        )
