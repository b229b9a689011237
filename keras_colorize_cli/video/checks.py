"""Checks of the files, before any work."""

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
    arguments.check_output_file(output, args.input, args.overwrite)
