"""`keras-colorize convert`."""

import math
import os
import pathlib
import sys

from keras_colorize_cli import arguments
from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.display import message_of
from keras_colorize_cli.display import printable

# The package has these values too, but takes seconds to import.
CONFIGS = ("pic_imagenet128", "pic_cifar10")

_DESCRIPTION = """\
Convert a checkpoint that the authors of a model published to a preset.

Use the directory OUT as any preset, such as with `colorize --preset OUT`. Each
variable of the checkpoint must be known and have the expected shape; if not,
the command writes nothing.
"""

_EPILOG = f"""\
examples:
  keras-colorize convert pic imagenet_model.tar.gz pic_released
  keras-colorize convert pic cifar/model.ckpt out --config pic_cifar10 --raw

{arguments.EXIT_CODES}"""


def add_to(commands):
    """Adds the command's parser to `commands`, argparse's subparsers."""
    command = arguments.add_command(
        commands,
        convert,
        "convert a published checkpoint to a preset",
        _DESCRIPTION,
        _EPILOG,
    )
    command.add_argument(
        "model",
        choices=("pic",),
        help="pic: the TensorFlow 1 program of Royer et al. (2017)",
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
        help="directory of the new preset; it must not exist",
    )
    command.add_argument(
        "--config",
        choices=CONFIGS,
        default=CONFIGS[0],
        help="preset with the configuration of the checkpoint's network "
        "(default: %(default)s)",
    )
    command.add_argument(
        "--raw",
        action="store_true",
        help="take the variables themselves, not their moving averages",
    )


def convert(args):
    """Converts a checkpoint to a preset; returns the exit code."""
    checkpoint, output = printable(args.checkpoint), printable(args.output)
    places = (args.checkpoint, f"{args.checkpoint}.index")
    if not any(map(os.path.exists, places)):
        raise UsageError(
            f"There is no checkpoint {checkpoint}. Expected the prefix of a "
            "TensorFlow checkpoint, its directory or its tar archive."
        )
    if os.path.lexists(args.output):
        raise UsageError(
            f"{output} exists already. Choose another place or remove it."
        )
    arguments.check_output(args.output)
    pic = loading.import_package().models.pic
    print(f"Converting {checkpoint} ...", file=sys.stderr)
    ema = not args.raw
    try:
        with loading.hide_native_messages():
            model = pic.convert_checkpoint(args.checkpoint, args.config, ema)
            card = pic.released_card(args.checkpoint, args.config, ema)
            model.save_to_preset(args.output, card=card)
    except (OSError, ValueError) as error:
        raise UsageError(message_of(error)) from error
    count = sum(math.prod(v.shape) for v in model.trainable_variables)
    print(f"{output}: a preset of {count:,} parameters.")
    return 0
