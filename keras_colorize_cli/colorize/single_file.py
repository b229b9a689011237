"""Colors one photograph into one file, or to stdout. Imports Keras."""

import sys
import time

from keras_colorize.images import format_of
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.images.write import encode
from keras_colorize_cli import loading
from keras_colorize_cli.colorize import coloring
from keras_colorize_cli.colorize.manifest import file_sha256
from keras_colorize_cli.colorize.outputs import choose_format


def color_to_file(args, path, model, options, record, display):
    """Colors a photograph and returns the exit code.

    Args:
        args: The arguments of the command. `args.output` is the file, or `-`
            for PNG on stdout.
        path: path. Of the photograph.
        model: `Colorizer`.
        options: dict. Arguments of `generate`.
        record: dict. What the photograph's record has besides its own keys.
        display: `Display`.
    """
    start = time.perf_counter()
    sha256 = error = None
    try:
        with loading.show_warnings(display, path):
            sha256 = file_sha256(path).hexdigest()
            _color(args, path, model, options, record["seed"], display)
    except (OSError, ValueError) as failure:
        error = str(failure)
        display.problem("error", path, error)
    else:
        display.result(f"{path}: {args.output}")
    if args.json:
        display.json(
            {
                "input": str(path),
                "sha256": sha256,
                "name": args.output.stem,
                "outputs": [] if error else [str(args.output)],
                **record,
                "seconds": round(time.perf_counter() - start, 3),
                "error": error,
                "status": "failed" if error else "colored",
            }
        )
    return 1 if error else 0


def _color(args, path, model, options, seed, display):
    photograph = read_photograph(path, args.max_pixels)
    to_stdout = str(args.output) == "-"
    format = "PNG" if to_stdout else format_of(args.output)
    choose_format(photograph, format)
    (pixels,) = coloring.draw_colorings(
        model,
        photograph,
        format,
        args.keep_border,
        seed=seed,
        progress=lambda *rows: display.progress("Rows", *rows),
        **options,
    )
    picture = photograph.with_pixels(pixels)
    if args.note:
        picture = picture.with_note(coloring.name_of(args.preset), seed)
    if to_stdout:
        sys.stdout.buffer.write(encode(picture, format))
        sys.stdout.buffer.flush()
    else:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        write_photograph(args.output, picture, args.overwrite)
