"""Checks of the files, before any work."""

import os

from keras_colorize_cli import arguments
from keras_colorize_cli.arguments import UsageError

# Containers, as FFmpeg names them, by the suffix of the output.
FORMATS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
}


def check_files(args):
    output = args.output
    if output.suffix.lower() not in FORMATS:
        raise UsageError(
            f"{output} cannot be the output. Expected a name that ends in "
            f"{', '.join(FORMATS)}."
        )
    if not args.input.is_file():
        raise UsageError(f"There is no file {args.input}.")
    if os.path.realpath(output) == os.path.realpath(args.input):
        raise UsageError(
            f"{output} is the film itself, which is never replaced. Choose "
            "another output."
        )
    if output.is_dir() or output.is_symlink():
        kind = "folder" if output.is_dir() else "link"
        raise UsageError(
            f"{output} is a {kind}, which is never replaced. Choose another "
            "output."
        )
    if output.exists() and not args.overwrite:
        raise UsageError(
            f"{output} exists. Choose another output, or pass --overwrite."
        )
    arguments.check_output(output.absolute().parent)
