"""The arguments of `keras-colorize colorize`, and its help."""

import argparse
import pathlib

from keras_colorize.cli.drawing_arguments import add_preset
from keras_colorize.cli.drawing_arguments import add_temperature
from keras_colorize.cli.drawing_arguments import at_least
from keras_colorize.cli.exit_codes import EXIT_CODES

# Repeated from elsewhere in the package, which would take long to import.
FORMATS = ("png", "jpeg", "tiff", "webp", "bmp")
UPSAMPLING = ("guided", "bilinear")

_ALIASES = {"jpg": "jpeg", "tif": "tiff"}

_DESCRIPTION = """\
Draw colors for gray photographs (of color ones the luminance is used).

Each photograph NAME gives NAME_1, NAME_2, ... at its own resolution, and
NAME_sheet.png, where it stands in gray beside them. Depth (16 bits in PNG and
TIFF), transparency, color profile, EXIF and resolution are carried over.
"""

_EPILOG = f"""\
examples:
  keras-colorize colorize old.jpg -o colored
        colored/old_1.jpg and colored/old_sheet.png
  keras-colorize colorize examples/photos -o colored --num-samples 5
        five colorings and a sheet of every photograph in a folder
  keras-colorize colorize album scans/*.tif -o out --recursive --format png
        folders with their sub-folders, and files, all to PNG
  keras-colorize colorize album -o out --seed 7 --temperature 0.8 --no-sheet
        the same calmer colors every time, without sheets

names:
  Sub-folders are kept with --recursive. Where two photographs would get the
  same name, as a.jpg and a.png would, their suffixes (a_jpg_1, a_png_1) or
  folders become part of it.

{EXIT_CODES}"""


def add_colorize(commands):
    """Adds the command's parser to `commands`, argparse's subparsers."""
    command = commands.add_parser(
        "colorize",
        help="color photographs",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "inputs",
        nargs="+",
        type=pathlib.Path,
        metavar="INPUTS",
        help="photographs (PNG, JPEG, TIFF, WebP, BMP) and folders of them; "
        "in a folder, other files are passed over",
    )
    command.add_argument(
        "-o",
        "--output",
        required=True,
        type=pathlib.Path,
        metavar="DIR",
        help="folder to write into; made if need be",
    )
    model = command.add_argument_group("the colors")
    add_preset(model)
    model.add_argument(
        "--num-samples",
        type=at_least(1),
        default=1,
        metavar="N",
        help="colorings of each photograph (default: %(default)s)",
    )
    model.add_argument(
        "--seed",
        type=at_least(0),
        metavar="N",
        help="with the same seed, preset, temperature and upsampling, "
        "coloring k of a photograph is always the same, whatever others are "
        "colored with it and however many are drawn (default: a new seed, "
        "which is printed)",
    )
    add_temperature(model)
    model.add_argument(
        "--batch-size",
        type=at_least(1),
        metavar="N",
        help="colorings drawn at a time; changes speed and memory, not the "
        "result (default: the model's)",
    )
    model.add_argument(
        "--upsampling",
        choices=UPSAMPLING,
        default=UPSAMPLING[0],
        help="how drawn chroma is enlarged: following the photograph's edges, "
        "or smoothly (default: %(default)s)",
    )
    files = command.add_argument_group("the files")
    files.add_argument(
        "--sheet",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="write a contact sheet of each photograph (default: yes)",
    )
    files.add_argument(
        "--overwrite",
        action="store_true",
        help="replace outputs that exist; otherwise they are kept and only "
        "missing ones are drawn",
    )
    files.add_argument(
        "--recursive",
        action="store_true",
        help="look into the folders' sub-folders, too",
    )
    files.add_argument(
        "--format",
        type=_format,
        choices=FORMATS,
        help="format of the colorings (default: the photograph's own, or png "
        "if that cannot hold its transparency or depth)",
    )


def _format(text):
    name = text.lower().removeprefix(".")
    return _ALIASES.get(name, name)
