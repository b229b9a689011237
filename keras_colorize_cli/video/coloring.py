"""Coloring the frames of a film that are not colored yet. Imports Keras."""

import itertools

import av

from keras_colorize.generation import FilmColoring
from keras_colorize.generation import render
from keras_colorize.generation.rendering import luminance_of
from keras_colorize_cli.colorize.manifest import file_sha256
from keras_colorize_cli.colorize.options import preset_sha256
from keras_colorize_cli.video.planes import gray_of
from keras_colorize_cli.video.planes import half_size
from keras_colorize_cli.video.planes import yuv_of


def job_of(args, model):
    """What decides the colors of a film, as JSON."""
    return {
        "input": file_sha256(args.input).hexdigest(),
        "preset": preset_sha256(model),
        "readout": args.readout,
        "seed": args.seed,
        "smoothing": args.smoothing,
        "suffix": args.output.suffix.lower(),
    }


def color_parts(args, film, model, parts, display):
    """Colors the frames that are missing, joins all, returns the exit code."""
    coloring = FilmColoring(
        model,
        args.smoothing,
        seed=args.seed,
        readout=args.readout,
        dtype="float32",
    )
    coloring.state = parts.state()
    done = parts.num_frames
    if done:
        display.remark(f"Going on after frame {done} ({parts.folder}).")
    frames = itertools.islice(film.frames(), done, None)
    colored = (
        (pts, _colored(model, coloring, luma, film.tags))
        for pts, luma in frames
    )
    try:
        parts.write(
            _counted(colored, done, film.num_frames, display),
            args.segment,
            lambda: dict(coloring.state),
        )
        parts.join(args.overwrite)
    except (OSError, ValueError, av.error.FFmpegError) as error:
        display.problem("error", args.output, str(error))
        display.remark(
            f"{parts.folder} has the frames that are done. Run the command "
            "again to go on."
        )
        return 1
    if film.num_damaged:
        display.problem(
            "warning",
            args.input,
            f"{film.num_damaged} damaged frames were left out.",
        )
    display.result(f"{args.input}: {args.output} ({parts.num_frames} frames)")
    return 0


def _colored(model, coloring, luma, tags):
    """The planes of a colored frame."""
    drawn = coloring(gray_of(luma, tags))
    # Chroma is only needed at the places of U and V.
    gray = gray_of(half_size(luma), tags)
    drawn.luminance = luminance_of(model.color_space, gray[..., None])
    (rgb,) = render(model, drawn, coloring.request)
    return yuv_of(luma, rgb, tags)


def _counted(frames, done, total, display):
    display.progress("Frames", done, total)
    for number, frame in enumerate(frames, done + 1):
        yield frame
        display.progress("Frames", number, total)
