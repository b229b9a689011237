"""The arguments of `keras-colorize evaluate`, and its help."""

import argparse
import pathlib

from keras_colorize.cli.drawing_arguments import add_preset
from keras_colorize.cli.drawing_arguments import add_temperature
from keras_colorize.cli.drawing_arguments import at_least

_DESCRIPTION = """\
Measure how well a preset colors images that it was not trained on, in every
way of the field, with standard errors: bits per dimension of the model and of
its embedding alone, RMSE and PSNR, saturation, colorfulness, histogram
intersection, diversity, and the error of the best of several samples.

Images are taken in a random order that is always the same. Those of a folder
are cropped to a square and resized to the preset's size; those of a .npy file,
uint8 (N, height, width, 3), are colored at the size that they have.
"""

_EPILOG = """\
examples:
  keras-colorize evaluate --data my_photos
        all photographs in a folder and its sub-folders, as a table
  keras-colorize evaluate --preset runs/mine/preset --data images.npy \\
      --limit 1000 --baseline images.npy --output report
        the images that examples/train_pic.py held out, and the histogram of
        those that it trained on as a baseline; report/report.json,
        report/report.md and report/report.html

exit codes:
  0    all is well
  2    the arguments or the images are wrong; nothing was written
  130  interrupted; nothing was written
"""


def add_evaluate(commands):
    """Adds the command's parser to `commands`, argparse's subparsers."""
    command = commands.add_parser(
        "evaluate",
        help="measure how well a preset colors images",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_preset(command)
    images = command.add_argument_group("the images")
    images.add_argument(
        "--data",
        required=True,
        type=pathlib.Path,
        metavar="DIR|NPY",
        help="folder of photographs, or .npy file of images",
    )
    images.add_argument(
        "--limit",
        type=at_least(1),
        metavar="N",
        help="take the first N in the random order (default: all)",
    )
    images.add_argument(
        "--baseline",
        type=pathlib.Path,
        metavar="DIR|NPY",
        help="training images, of whose chroma a histogram is made as a "
        "baseline of bits per dimension, 20,000 at most; where it is --data "
        "itself, of those after the first --limit",
    )
    drawing = command.add_argument_group("the samples")
    drawing.add_argument(
        "--num-samples",
        type=at_least(1),
        default=5,
        metavar="N",
        help="colorings of each image (default: %(default)s)",
    )
    drawing.add_argument(
        "--num-colored",
        type=at_least(1),
        default=256,
        metavar="N",
        help="images to color, the first of those taken; bits per dimension "
        "are of all that are taken (default: %(default)s)",
    )
    drawing.add_argument(
        "--seed",
        type=at_least(0),
        default=0,
        metavar="N",
        help="of the samples (default: %(default)s)",
    )
    add_temperature(drawing)
    report = command.add_argument_group("the report")
    report.add_argument(
        "-o",
        "--output",
        type=pathlib.Path,
        metavar="DIR",
        help="folder to write report.json, report.md (the table, for a card) "
        "and report.html into, made if need be; the page needs matplotlib "
        "(default: only the table is printed)",
    )
    report.add_argument(
        "--curve",
        type=pathlib.Path,
        metavar="CSV",
        help="learning curve to show, as examples/train_pic.py writes it "
        "(default: curve.csv in or beside the preset's directory, if there "
        "is one)",
    )
    report.add_argument(
        "--overwrite",
        action="store_true",
        help="replace a report that is in the output folder",
    )
