"""The arguments of `keras-colorize convert`, and its help."""

import argparse
import pathlib

# Repeated from elsewhere in the package, which would take long to import.
CONFIGS = ("pic_imagenet128", "pic_cifar10")

_DESCRIPTION = """\
Convert a checkpoint that the authors of a model published to a preset.

OUT then is a directory like any other preset's: use it with `colorize
--preset OUT`. Every variable of the checkpoint is accounted for; a checkpoint
that does not fit is refused, and nothing is written.
"""

_EPILOG = """\
examples:
  keras-colorize convert pic imagenet_model.tar.gz pic_released
  keras-colorize convert pic cifar/model.ckpt out --config pic_cifar10 --raw

exit codes:
  0    all is well
  2    the arguments or the checkpoint are wrong; nothing was written
  130  interrupted; nothing was written
"""


def add_convert(commands):
    """Adds the command's parser to `commands`, argparse's subparsers."""
    command = commands.add_parser(
        "convert",
        help="convert an author's checkpoint to a preset",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
