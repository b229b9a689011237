"""The arguments of the command, and its help."""

import argparse
import math
import pathlib

from keras_colorize._version import __version__

DEFAULT_PRESET = "pic_tinyimagenet64"
# Repeated from elsewhere in the package, which would take long to import.
FORMATS = ("png", "jpeg", "tiff", "webp", "bmp")
UPSAMPLING = ("guided", "bilinear")
CONFIGS = ("pic_imagenet128", "pic_cifar10")

_ALIASES = {"jpg": "jpeg", "tif": "tiff"}

_EXIT_CODES = """\
exit codes:
  0    all is well
  1    a photograph could not be coloured; the others were
  2    the arguments are wrong; nothing was done
  130  interrupted; every file that is there is complete
"""

_MAIN_EPILOG = f"""\
examples:
  keras-colorize colorize old.jpg -o coloured
  keras-colorize colorize album -o coloured --num-samples 5
  keras-colorize colorize --help
  keras-colorize presets
  keras-colorize convert pic cifar_model.tar.gz my_preset --config pic_cifar10

{_EXIT_CODES}
The environment variable KERAS_BACKEND chooses Keras's backend: tensorflow,
jax or torch. TF_CPP_MIN_LOG_LEVEL=0 shows what TensorFlow has to say.
"""

_COLORIZE_DESCRIPTION = """\
Draw colours for gray photographs (of colour ones the luminance is used).

Each photograph NAME gives NAME_1, NAME_2, ... at its own resolution, and
NAME_sheet.png, where it stands in gray beside them. Depth (16 bits in PNG and
TIFF), transparency, colour profile, EXIF and resolution are carried over.
"""

_COLORIZE_EPILOG = f"""\
examples:
  keras-colorize colorize old.jpg -o coloured
        coloured/old_1.jpg and coloured/old_sheet.png
  keras-colorize colorize examples/photos -o coloured --num-samples 5
        five colourings and a sheet of every photograph in a folder
  keras-colorize colorize album scans/*.tif -o out --recursive --format png
        folders with their sub-folders, and files, all to PNG
  keras-colorize colorize album -o out --seed 7 --temperature 0.8 --no-sheet
        the same calmer colours every time, without sheets

names:
  Sub-folders are kept with --recursive. Where two photographs would get the
  same name, as a.jpg and a.png would, their suffixes (a_jpg_1, a_png_1) or
  folders become part of it.

{_EXIT_CODES}"""

_CONVERT_DESCRIPTION = """\
Convert a checkpoint that the authors of a model published to a preset.

OUT then is a directory like any other preset's: use it with `colorize
--preset OUT`. Every variable of the checkpoint is accounted for; a checkpoint
that does not fit is refused, and nothing is written.
"""

_CONVERT_EPILOG = """\
examples:
  keras-colorize convert pic imagenet_model.tar.gz pic_released
  keras-colorize convert pic cifar/model.ckpt out --config pic_cifar10 --raw

exit codes:
  0    all is well
  2    the arguments or the checkpoint are wrong; nothing was written
  130  interrupted; nothing was written
"""


def parser():
    """The parser of the whole command line."""
    main = argparse.ArgumentParser(
        prog="keras-colorize",
        description="Colour gray photographs: one photograph, many plausible "
        "colourings.",
        epilog=_MAIN_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    main.add_argument(
        "--version", action="version", version=f"keras-colorize {__version__}"
    )
    commands = main.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    _add_colorize(
        commands.add_parser(
            "colorize",
            help="colour photographs",
            description=_COLORIZE_DESCRIPTION,
            epilog=_COLORIZE_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    commands.add_parser(
        "presets",
        help="list the presets: what they are and where their weights are",
        description="List the presets: their names, what they are, what they "
        "were trained on and where their weights are.",
    )
    _add_convert(
        commands.add_parser(
            "convert",
            help="convert an author's checkpoint to a preset",
            description=_CONVERT_DESCRIPTION,
            epilog=_CONVERT_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    return main


def _add_convert(command):
    command.add_argument(
        "model",
        choices=("pic",),
        help="pic: of the TensorFlow 1 program of Royer et al. (2017)",
    )
    command.add_argument(
        "checkpoint",
        type=pathlib.Path,
        metavar="CHECKPOINT",
        help="prefix of the checkpoint (model.ckpt), or a directory or tar "
        "archive that holds it",
    )
    command.add_argument(
        "output",
        type=pathlib.Path,
        metavar="OUT",
        help="directory of the new preset; must not exist yet",
    )
    command.add_argument(
        "--config",
        choices=CONFIGS,
        default=CONFIGS[0],
        help="the checkpoint's configuration (default: %(default)s)",
    )
    command.add_argument(
        "--raw",
        action="store_true",
        help="take the variables themselves, not their moving averages",
    )


def _add_colorize(command):
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
    model = command.add_argument_group("the colours")
    model.add_argument(
        "--preset",
        default=DEFAULT_PRESET,
        help="name of a preset (see `keras-colorize presets`) or a preset's "
        "directory (default: %(default)s)",
    )
    model.add_argument(
        "--num-samples",
        type=_at_least(1),
        default=1,
        metavar="N",
        help="colourings of each photograph (default: %(default)s)",
    )
    model.add_argument(
        "--seed",
        type=_at_least(0),
        metavar="N",
        help="with the same seed, preset, temperature and upsampling, "
        "colouring k of a photograph is always the same, whatever others are "
        "coloured with it and however many are drawn (default: a new seed, "
        "which is printed)",
    )
    model.add_argument(
        "--temperature",
        type=_temperature,
        default=1.0,
        metavar="T",
        help="1 draws from the model's distribution, lower values draw "
        "likelier and less varied colours, 0 the likeliest (default: "
        "%(default)s)",
    )
    model.add_argument(
        "--batch-size",
        type=_at_least(1),
        metavar="N",
        help="colourings drawn at a time; changes speed and memory, not the "
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
        help="format of the colourings (default: the photograph's own, or png "
        "if that cannot hold its transparency or depth)",
    )


def _at_least(least):
    def integer(text):
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least:
            raise argparse.ArgumentTypeError(
                f"expected an integer of at least {least}, got {text!r}"
            )
        return value

    return integer


def _temperature(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(
            f"expected a finite number of at least 0, got {text!r}"
        )
    return value


def _format(text):
    name = text.lower().removeprefix(".")
    return _ALIASES.get(name, name)
