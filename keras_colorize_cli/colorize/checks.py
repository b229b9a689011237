"""Checks of the arguments together with the files, before any work."""

import sys

from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.arguments import check_output_file
from keras_colorize_cli.colorize.inputs import SUFFIXES
from keras_colorize_cli.colorize.inputs import WRITTEN

_ALIASES = {"jpg": "jpeg", "tif": "tiff"}
# Pictures, so that `-o x.gif` does not make a folder of this name.
_OTHERS = (".avif", ".jxl", ".pdf", ".svg")


def format_name(text):
    """The name of a format, of a name or a suffix such as `.JPG`."""
    name = text.lower().removeprefix(".")
    return _ALIASES.get(name, name)


def is_file(output):
    """Whether `--output` is a file, or stdout, and not a folder."""
    if str(output) == "-":
        return True
    return not output.is_dir() and output.suffix.lower() in SUFFIXES + _OTHERS


def check_file(args, sources):
    """Checks that one coloring can be written into the file `--output`."""
    output = args.output
    suffix = ".png" if str(output) == "-" else output.suffix.lower()
    if suffix not in WRITTEN:
        raise UsageError(
            f"argument --output: the command does not write {suffix}. Expected "
            f"a folder, or a file that ends in {', '.join(WRITTEN)}."
        )
    if len(sources) > 1 or args.num_samples > 1:
        raise UsageError(
            f"argument --output: {output} is one file, for one photograph and "
            f"one coloring, but there are {len(sources)} photographs and "
            f"{args.num_samples} colorings of each. Choose a folder with -o."
        )
    if args.uncertainty:
        raise UsageError(
            f"argument --uncertainty: {output} is one file. Choose a folder "
            "with -o."
        )
    if args.format and args.format != format_name(suffix):
        raise UsageError(
            f"argument --format: {args.format} does not fit to {output}, which "
            f"is {format_name(suffix)}. Leave --format out."
        )
    if str(output) == "-":
        if args.json or sys.stdout.isatty():
            use = "JSON" if args.json else "text on this terminal"
            raise UsageError(
                f"argument --output: stdout is for {use}, not for a picture. "
                "Choose a file or a folder with -o."
            )
        return
    check_output_file(output, sources[0].path, args.overwrite)


def check_pictures(args, sources):
    """Checks that the files of `--like` and `--hints` exist."""
    for name in ("like", "hints"):
        path = getattr(args, name)
        if path is not None and not path.is_file():
            raise UsageError(f"argument --{name}: There is no file {path}.")
    if args.hints is not None and len(sources) > 1:
        raise UsageError(
            f"argument --hints: the hints are for one photograph, and there "
            f"are {len(sources)}. Color them one by one."
        )
