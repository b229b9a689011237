"""The entry point of the `keras-colorize` command."""

import argparse
import importlib.metadata
import sys

from keras_colorize_cli import arguments
from keras_colorize_cli import colorize
from keras_colorize_cli import convert
from keras_colorize_cli import evaluate
from keras_colorize_cli import presets
from keras_colorize_cli import push

_EPILOG = f"""\
examples:
  keras-colorize colorize old.jpg -o colored
  keras-colorize colorize album -o colored --num-samples 5
  keras-colorize colorize --help
  keras-colorize presets
  keras-colorize evaluate --preset my_preset --data my_photos
  keras-colorize push my_preset owner/name
  keras-colorize convert pic cifar_model.tar.gz my_preset --config pic_cifar10

{arguments.EXIT_CODES}
The environment variable KERAS_BACKEND chooses Keras's backend: tensorflow,
jax or torch. Set TF_CPP_MIN_LOG_LEVEL=0 to see TensorFlow's messages.
"""


def parser():
    """The parser of the whole command line."""
    main = argparse.ArgumentParser(
        prog="keras-colorize",
        description="Color gray photographs. A photograph has many plausible "
        "colorings; the command draws as many as you ask for.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = importlib.metadata.version("keras-colorize")
    main.add_argument(
        "--version", action="version", version=f"keras-colorize {version}"
    )
    commands = main.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    for module in (colorize, presets, evaluate, push, convert):
        module.add_to(commands)
    return main


def main(argv=None):
    """Runs the command; returns the exit code.

    Args:
        argv: list of str or None. The arguments; None stands for those of the
            process.
    """
    try:
        args = parser().parse_args(argv)
        return args.run(args)
    except arguments.UsageError as error:
        print(f"keras-colorize: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
