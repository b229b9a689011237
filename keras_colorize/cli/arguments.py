"""The arguments of the command, and its help."""

import argparse
import math
import pathlib

from keras_colorize._version import __version__

DEFAULT_PRESET = "pic_tinyimagenet64"
# Repeated from `images` and `color`, which would take long to import.
FORMATS = ("png", "jpeg", "tiff", "webp", "bmp")
UPSAMPLING = ("guided", "bilinear")

_ALIASES = {"jpg": "jpeg", "tif": "tiff"}

_EXIT_CODES = """\
exit codes:
  0    all is well
  1    a photograph could not be coloured, while the others were; or the Hub
       did not take a preset
  2    the arguments are wrong; nothing was done
  130  interrupted; every file that is there is complete
"""

_MAIN_EPILOG = f"""\
examples:
  keras-colorize colorize old.jpg -o coloured
  keras-colorize colorize album -o coloured --num-samples 5
  keras-colorize colorize --help
  keras-colorize presets
  keras-colorize push my_preset owner/name

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


_PUSH_DESCRIPTION = """\
Publish a saved preset on the Hugging Face Hub, in one commit, and print the
commit's address. The repository is made if it does not exist.

Uploaded are config.json, the weights, README.md (the card) and the pictures
that it shows, after the checks that loading makes. A card without front matter
gets some; where its part on usage is still marked, that names the repository.
"""

_PUSH_EPILOG = f"""\
token:
  Publishing needs a token of the Hub with write permission. Make one at
  https://huggingface.co/settings/tokens, then run `hf auth login` once or set
  the environment variable HF_TOKEN to it. It is no argument, as those are
  seen by others and kept in the shell's history.

examples:
  keras-colorize push my_preset me/my_preset
  keras-colorize push my_preset me/my_preset --private --message "Third run"
  keras-colorize push my_preset someone/preset --create-pr
  keras-colorize colorize old.jpg -o coloured --preset hf://me/my_preset

{_EXIT_CODES}"""


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
    _add_push(
        commands.add_parser(
            "push",
            help="publish a preset on the Hugging Face Hub",
            description=_PUSH_DESCRIPTION,
            epilog=_PUSH_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    return main


def _add_push(command):
    command.add_argument(
        "directory",
        type=pathlib.Path,
        metavar="DIR",
        help="directory of the preset",
    )
    command.add_argument(
        "repository",
        metavar="REPO",
        help="owner/name, where owner is you or an organisation of yours",
    )
    command.add_argument(
        "--private",
        action="store_true",
        # What a repository is without it, its owner's settings say.
        default=None,
        help="make the repository private; one that exists must be so already",
    )
    command.add_argument(
        "--create-pr",
        action="store_true",
        help="propose the commit as a pull request, which needs no permission "
        "to write there",
    )
    command.add_argument("--message", metavar="TEXT", help="commit message")


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
        help="name of a preset (see `keras-colorize presets`), a preset's "
        "directory, or hf://owner/name of one on the Hugging Face Hub "
        "(default: %(default)s)",
    )
    model.add_argument(
        "--revision",
        metavar="REV",
        help="branch, tag or commit of a preset on the Hub (default: main)",
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
