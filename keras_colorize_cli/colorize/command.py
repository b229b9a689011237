"""`keras-colorize colorize`."""

import argparse
import pathlib

from keras_colorize_cli import arguments
from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.colorize.checks import check_file
from keras_colorize_cli.colorize.checks import check_pictures
from keras_colorize_cli.colorize.checks import format_name
from keras_colorize_cli.colorize.checks import is_file
from keras_colorize_cli.colorize.inputs import SUFFIXES
from keras_colorize_cli.colorize.inputs import find_photographs
from keras_colorize_cli.colorize.inputs import name_outputs
from keras_colorize_cli.colorize.inputs import named
from keras_colorize_cli.colorize.manifest import Manifest
from keras_colorize_cli.display import Display

# The package has these values too, but takes seconds to import.
FORMATS = ("png", "jpeg", "tiff", "webp", "bmp")
UPSAMPLING = ("guided", "bilinear", "corners")
BEST_BY = ("likelihood", "colorfulness")


DESCRIPTION = """\
Color photographs. Only the luminance of a color photograph is used.

A photograph NAME gives NAME_1, NAME_2, ... at its own resolution. The sheet
NAME_sheet.png shows the gray photograph beside its colorings. Depth (16 bits in
PNG and TIFF), transparency, color profile, EXIF, XMP, texts and resolution are
kept; a warning says what the format cannot hold. A note in XMP says that the
colors are synthetic.

Existing outputs are kept, and only missing outputs are made. The manifest of
the output folder, keras_colorize.jsonl, says what the command made, from what
and how. Files that the command did not make are never replaced.
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
  keras-colorize colorize old.jpg -o colored.jpg
        one coloring into one file, without a sheet
  keras-colorize colorize old.jpg -o colored.jpg --preset mine \\
      --hints strokes.png
        the colors of strokes.png where this picture is not transparent
  keras-colorize colorize album -o out --json >done.jsonl
        a JSON object of each photograph, for other programs

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
        help="photographs (PNG, JPEG, TIFF, WebP, BMP, GIF, JPEG 2000, HEIC) "
        "and folders of them; other files in a folder are counted and left out",
    )
    command.add_argument(
        "-o",
        "--output",
        required=True,
        type=pathlib.Path,
        metavar="DIR|FILE",
        help="folder to write into; it is made if it does not exist. For one "
        "coloring of one photograph: a file such as colored.jpg, or - for PNG "
        "on stdout",
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
        "--hints",
        type=pathlib.Path,
        metavar="FILE",
        help="picture of the photograph's size with the colors that are "
        "known, transparent where no color is known",
    )
    add(
        "--best-of",
        type=arguments.at_least(1),
        metavar="N",
        help="draw N colorings of each photograph and keep the best "
        "--num-samples of them, the best one first",
    )
    add(
        "--best-by",
        choices=BEST_BY,
        help="what the best colorings have most of: the likelihood that the "
        "model gives their colors, or the colorfulness of Hasler and "
        "Suesstrunk (2003) (default: likelihood)",
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
    add(
        "--keep-border",
        action="store_true",
        help="leave a paper border as it is: a nearly uniform, light or dark "
        "frame on all four sides",
    )
    add = command.add_argument_group("the files").add_argument
    yes_or_no = argparse.BooleanOptionalAction
    add("--sheet", action=yes_or_no, default=True, help="write a sheet")
    add(
        "--note",
        action=yes_or_no,
        default=True,
        help="note in the XMP data of the colorings and the sheet that the "
        "colors are synthetic, with preset, seed and version",
    )
    add(
        "--uncertainty",
        action="store_true",
        help="write NAME_uncertainty.png: white where the model does not know "
        "the color, black where it does",
    )
    add(
        "--overwrite",
        action="store_true",
        help="replace existing outputs that the command made",
    )
    add("--recursive", action="store_true", help="look into sub-folders")
    add(
        "--jobs",
        type=arguments.at_least(1),
        default=2,
        metavar="N",
        help="photographs in work at a time; more jobs are faster up to about "
        "the number of cores, and take more memory (default: %(default)s)",
    )
    arguments.add_max_pixels(add)
    add(
        "--format",
        type=format_name,
        choices=FORMATS,
        help="format of the colorings (default: the photograph's own, or png "
        "if its own cannot hold transparency, depth or size)",
    )
    add(
        "--json",
        action="store_true",
        help="print the manifest's JSON object of each photograph on stdout, "
        "with its status: colored, kept or failed; messages go to stderr",
    )


def run(args):
    """Colors photographs and returns the exit code."""
    sources, others = find_photographs(args.inputs, args.recursive, args.output)
    to_file = is_file(args.output)
    if to_file:
        check_file(args, sources)
    else:
        arguments.check_output(args.output)
    check_pictures(args, sources)
    if args.best_by is not None and args.best_of is None:
        raise UsageError("argument --best-by: pass --best-of, too.")
    display = Display(args.json or str(args.output) == "-")
    if others:
        display.remark(
            f"Left out: {named(others)}. The command reads files that end in "
            f"{', '.join(SUFFIXES)}."
        )
    # Reads the manifest before the model takes time and memory.
    manifest = None if to_file else Manifest(args.output)
    options = {
        "temperature": args.temperature,
        "readout": args.readout,
        "best_of": args.best_of,
        "best_by": args.best_by or BEST_BY[0],
    }
    model = loading.load_model(
        args,
        display,
        num_samples=args.num_samples,
        hints=args.hints,
        **options,
    )
    if args.uncertainty and "uncertainty" not in model.supports:
        raise UsageError(
            f"argument --uncertainty: the model of {args.preset} does not "
            "measure uncertainty. Choose another --preset, or leave "
            "--uncertainty out."
        )
    # These import Keras.
    from keras_colorize_cli.colorize.options import options_of
    from keras_colorize_cli.colorize.options import record_of
    from keras_colorize_cli.colorize.pipeline import Pipeline
    from keras_colorize_cli.colorize.single_file import color_to_file

    options = options_of(args, model, options)
    record = record_of(args, model, options)
    if args.seed is None:
        display.result(
            f"Seed {record['seed']} (--seed {record['seed']} draws the same "
            "again)"
        )
    if to_file:
        with display:
            return color_to_file(
                args, sources[0].path, model, options, record, display
            )
    pipeline = Pipeline(args, model, options, record, manifest, display)
    try:
        with display:
            pipeline.run(sources, name_outputs(sources))
    finally:  # also if interrupted
        manifest.close()
        pipeline.summarize()
    return 1 if pipeline.failed else 0
