"""`keras-colorize convert`."""

import math
import os
import pathlib
import sys

from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.arguments import check_output

# The package has these values too, but takes seconds to import.
CONFIGS = ("pic_imagenet128", "pic_cifar10")

DESCRIPTION = """\
Convert a checkpoint that the authors of a model published to a preset. Use the
directory OUT as any preset, for example with `colorize --preset OUT`.

Each variable of the checkpoint must be known and have the expected shape.
Otherwise nothing is written.
"""

EXAMPLES = """\
examples:
  keras-colorize convert pic imagenet_model.tar.gz pic_released
  keras-colorize convert pic cifar/model.ckpt out --config pic_cifar10 --raw
  keras-colorize convert hypercolumn autocolorize.caffemodel.h5 out

"""


def _pic(models, args):
    ema = not args.raw
    model = models.pic.convert_checkpoint(args.checkpoint, args.config, ema)
    card = models.pic.released_card(args.checkpoint, args.config, ema)
    model.save_to_preset(args.output, card=card)
    return model


def _hypercolumn(models, args):
    return models.hypercolumn.convert_checkpoint(args.checkpoint, args.output)


# Functions of the package's models and the arguments that write a preset.
CONVERTERS = {"pic": _pic, "hypercolumn": _hypercolumn}


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    command.add_argument(
        "model",
        choices=tuple(CONVERTERS),
        help="pic: the TensorFlow 1 program of Royer et al. (2017); "
        "hypercolumn: the Caffe program of Larsson et al. (2016)",
    )
    command.add_argument(
        "checkpoint",
        type=pathlib.Path,
        metavar="CHECKPOINT",
        help="pic: prefix of the checkpoint (model.ckpt), or its directory or "
        "tar archive; hypercolumn: the file autocolorize.caffemodel.h5",
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
        help="pic: preset with the configuration of the network (default: "
        "%(default)s)",
    )
    command.add_argument(
        "--raw",
        action="store_true",
        help="pic: take the variables themselves, not their moving averages",
    )


def run(args):
    """Converts a checkpoint to a preset and returns the exit code."""
    if os.path.lexists(args.output):
        raise UsageError(
            f"{args.output} exists already. Choose another place or remove it."
        )
    check_output(args.output)
    if args.model != "pic" and (args.raw or args.config != CONFIGS[0]):
        raise UsageError("--raw and --config are options of pic alone.")
    models = loading.import_package().models
    print(f"Converting {args.checkpoint} ...", file=sys.stderr)
    try:
        model = CONVERTERS[args.model](models, args)
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    count = sum(math.prod(v.shape) for v in model.trainable_variables)
    print(f"{args.output}: a preset of {count:,} parameters.")
    return 0
