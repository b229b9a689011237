"""`keras-colorize colorize`."""

import argparse
import collections
import os
import pathlib
import random

from keras_colorize_cli import arguments
from keras_colorize_cli import loading
from keras_colorize_cli.display import Display
from keras_colorize_cli.display import message_of
from keras_colorize_cli.display import printable
from keras_colorize_cli.inputs import find_photographs
from keras_colorize_cli.inputs import name_outputs

# The package has these values too, but takes seconds to import.
FORMATS = ("png", "jpeg", "tiff", "webp", "bmp")
UPSAMPLING = ("guided", "bilinear", "corners")
READOUTS = ("sample", "mode", "mean")

_ALIASES = {"jpg": "jpeg", "tif": "tiff"}

_DESCRIPTION = """\
Color photographs. Only the luminance of a color photograph is used.

A photograph NAME gives NAME_1, NAME_2, ... at its own resolution, and a sheet
NAME_sheet.png, which shows the gray photograph beside its colorings. Depth
(16 bits in PNG and TIFF), transparency, color profile, EXIF data and
resolution are kept.
"""

_EPILOG = f"""\
examples:
  keras-colorize colorize old.jpg -o colored
        write colored/old_1.jpg and colored/old_sheet.png
  keras-colorize colorize examples/photos -o colored --num-samples 5
        five colorings and a sheet of every photograph in a folder
  keras-colorize colorize album scans/*.tif -o out --recursive --format png
        folders with their sub-folders, and files, all to PNG
  keras-colorize colorize album -o out --seed 7 --temperature 0.8 --no-sheet
        less varied colors, the same in every run, without sheets

names:
  With --recursive, the outputs lie in sub-folders as the photographs do. If
  two photographs would get the same name, as a.jpg and a.png would, their
  suffixes become part of the names (a_jpg_1, a_png_1), and so do the names of
  their folders if necessary.

{arguments.EXIT_CODES}"""


def add_to(commands):
    """Adds the command's parser to `commands`, argparse's subparsers."""
    command = arguments.add_command(
        commands, colorize, "color photographs", _DESCRIPTION, _EPILOG
    )
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
    add(
        "--num-samples",
        type=arguments.at_least(1),
        default=1,
        metavar="N",
        help="colorings of each photograph (default: %(default)s)",
    )
    add(
        "--seed",
        type=arguments.at_least(0),
        metavar="N",
        help="the same seed gives the same colors: coloring k of a photograph "
        "does not depend on the other photographs, nor on the number of "
        "colorings (default: a new seed, which is printed)",
    )
    arguments.add_temperature(add)
    add(
        "--readout",
        choices=READOUTS,
        help="color of a pixel: a sample of the model's distribution, its "
        "mode or its mean (default: chosen by the model)",
    )
    add(
        "--batch-size",
        type=arguments.at_least(1),
        metavar="N",
        help="colorings drawn at a time; changes speed and memory, not the "
        "result (default: chosen by the model)",
    )
    add(
        "--upsampling",
        choices=UPSAMPLING,
        default=UPSAMPLING[0],
        help="how the drawn chroma is enlarged: guided by the photograph's "
        "edges, bilinear, or bilinear with aligned corners, as the program of "
        "Royer et al. (2017) does (default: %(default)s)",
    )
    add = command.add_argument_group("the files").add_argument
    add(
        "--sheet",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="write a sheet of each photograph (default: yes)",
    )
    add(
        "--overwrite",
        action="store_true",
        help="replace existing outputs; by default they are kept, and only "
        "missing ones are made",
    )
    add("--recursive", action="store_true", help="look into sub-folders")
    add(
        "--format",
        type=_format,
        choices=FORMATS,
        help="format of the colorings (default: the photograph's own, or png "
        "if that one cannot hold its transparency, depth or size)",
    )


def _format(text):
    name = text.lower().removeprefix(".")
    return _ALIASES.get(name, name)


def colorize(args):
    """Colors photographs, as the arguments say; returns the exit code."""
    sources = find_photographs(args.inputs, args.recursive, args.output)
    arguments.check_output(args.output)
    display = Display()
    model = loading.load_model(args.preset, args.revision, display)
    run = _Run(args, sources, model, display)
    try:
        with display:
            for done, name in enumerate(name_outputs(sources)):
                display.progress("Photographs", done, len(sources))
                run.color(sources[done].path, name)
    finally:  # also if interrupted
        run.summarize()
    return 1 if run.count["failed"] else 0


class _Run:
    """Colors one photograph after the other and counts what happens."""

    def __init__(self, args, sources, model, display):
        self.args = args
        self.inputs = {os.path.realpath(source.path) for source in sources}
        self.model = model
        self.display = display
        self.seed = args.seed
        self.count = collections.Counter()

    def color(self, path, name):
        """Colors one photograph, or says why it cannot be colored."""
        title = f"{printable(path.name)} (rows)"
        with loading.record_warnings() as caught:
            try:
                self._color(path, name, title)
            except Exception as error:
                self.count["failed"] += 1
                self._report("error", path, message_of(error))
        for text in loading.texts_of(caught):
            self._report("warning", path, text)
        self.display.remove(title)

    def summarize(self):
        """Says what has been done."""
        count, folder = self.count, printable(self.args.output)
        text = (
            f"{_plural(count['colored'], 'photograph')} colored "
            f"({_plural(count['files'], 'file')} in {folder})"
        )
        if count["kept"]:
            text += f", {count['kept']} kept (--overwrite draws them again)"
        if count["failed"]:
            text += f", {count['failed']} failed"
        self.display.result(f"{text}.")

    def _color(self, path, name, title):
        # Imported late: this imports Keras.
        from keras_colorize_cli import coloring

        args = self.args
        photograph = coloring.read_photograph(path)
        outputs = coloring.plan_outputs(photograph, name, self.inputs, args)
        if not outputs.missing:
            self.count["kept"] += 1
            self.display.result(f"{printable(path)}: kept {outputs}")
            return
        coloring.color_photograph(
            self.model,
            photograph,
            outputs,
            overwrite=args.overwrite,
            seed=self._seed() if outputs.need_colors else None,
            temperature=args.temperature,
            readout=args.readout,
            batch_size=args.batch_size,
            upsampling=args.upsampling,
            progress=lambda *rows: self.display.progress(title, *rows),
        )
        self.count["colored"] += 1
        self.count["files"] += len(outputs.missing)
        self.display.result(f"{printable(path)}: {outputs}")

    def _seed(self):
        """The seed; the first call draws and prints it if none was given."""
        if self.seed is None:
            self.seed = random.SystemRandom().getrandbits(32)
            self.display.result(
                f"Seed {self.seed} (--seed {self.seed} draws the same again)"
            )
        return self.seed

    def _report(self, kind, path, text):
        # Most texts name the file.
        if repr(str(path)) not in text:
            text = f"{printable(path)}: {text}"
        self.display.remark(f"{kind}: {text}")


def _plural(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
