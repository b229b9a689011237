"""`keras-colorize video`."""

import importlib.util
import pathlib

from keras_colorize_cli import arguments
from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.display import Display
from keras_colorize_cli.video.checks import FORMATS
from keras_colorize_cli.video.checks import check_files

# The package has this value too, but takes seconds to import.
SMOOTHING = 10

DESCRIPTION = """\
Color a film. Only the luminance of a film in color is used.

The frames keep their luma and their times, and the sound is copied. All frames
have the same noise, and colors are averaged over time where luminance does not
change, so that they do not flicker.

The command writes parts into the folder OUT.parts, beside the output. After a
stop, run the same command again to go on. The output appears when it is whole;
then the folder is removed.
"""

EXAMPLES = """\
examples:
  keras-colorize video old.mp4 colored.mp4
  keras-colorize video old.avi colored.mkv --smoothing 20 --segment 60

"""


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    add = command.add_argument
    add("input", type=pathlib.Path, metavar="IN", help="the film")
    add(
        "output",
        type=pathlib.Path,
        metavar="OUT",
        help=f"the colored film; its name ends in {', '.join(FORMATS)}",
    )
    add = command.add_argument_group("the colors").add_argument
    arguments.add_preset(add)
    add(
        "--readout",
        metavar="NAME",
        help="how colors are chosen from the model's distribution, such as "
        "sample, mode, mean or expectation (default: chosen by the model)",
    )
    add(
        "--seed",
        type=arguments.at_least(0),
        default=0,
        metavar="N",
        help="seed of the noise, for readouts that are random (default: "
        "%(default)s)",
    )
    add(
        "--smoothing",
        type=arguments.at_least(1),
        default=SMOOTHING,
        metavar="FRAMES",
        help="average the colors of at most this many frames where luminance "
        "does not change; 1 colors frame by frame (default: %(default)s)",
    )
    add = command.add_argument_group("the files").add_argument
    add(
        "--segment",
        type=arguments.at_least(0.1, float),
        default=10.0,
        metavar="SECONDS",
        help="length of a part; a stop loses at most one part (default: "
        "%(default)s)",
    )
    add(
        "--overwrite",
        action="store_true",
        help="replace an existing output, and parts of another run",
    )


def run(args):
    """Colors a film and returns the exit code."""
    check_files(args)
    if importlib.util.find_spec("av") is None:
        raise UsageError(
            "Films need PyAV. Install it with `pip install "
            "keras-colorize[video]`."
        )
    # Imports PyAV.
    from keras_colorize_cli.video.containers import check_container
    from keras_colorize_cli.video.film import Film

    display = Display()
    film = Film(args.input)
    if film.left_out:
        display.remark(f"Left out: streams of {', '.join(film.left_out)}.")
    check_container(film, args.output)
    model = loading.load_model(args, display, readout=args.readout)
    # These import Keras.
    from keras_colorize_cli.video.coloring import color_parts
    from keras_colorize_cli.video.coloring import job_of
    from keras_colorize_cli.video.parts import Parts

    parts = Parts(args.output, film, job_of(args, model), args.overwrite)
    with display:
        return color_parts(args, film, model, parts, display)
