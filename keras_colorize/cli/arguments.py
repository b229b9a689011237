"""The command line of `keras-colorize`."""

import argparse

from keras_colorize._version import __version__
from keras_colorize.cli.colorize_arguments import add_colorize
from keras_colorize.cli.convert_arguments import add_convert
from keras_colorize.cli.evaluate_arguments import add_evaluate
from keras_colorize.cli.exit_codes import EXIT_CODES
from keras_colorize.cli.push_arguments import add_push

_EPILOG = f"""\
examples:
  keras-colorize colorize old.jpg -o colored
  keras-colorize colorize album -o colored --num-samples 5
  keras-colorize colorize --help
  keras-colorize presets
  keras-colorize evaluate --preset my_preset --data my_photos
  keras-colorize push my_preset owner/name
  keras-colorize convert pic cifar_model.tar.gz my_preset --config pic_cifar10

{EXIT_CODES}
The environment variable KERAS_BACKEND chooses Keras's backend: tensorflow,
jax or torch. TF_CPP_MIN_LOG_LEVEL=0 shows what TensorFlow has to say.
"""


def parser():
    """The parser of the whole command line."""
    main = argparse.ArgumentParser(
        prog="keras-colorize",
        description="Color gray photographs: one photograph, many plausible "
        "colorings.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    main.add_argument(
        "--version", action="version", version=f"keras-colorize {__version__}"
    )
    commands = main.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    add_colorize(commands)
    commands.add_parser(
        "presets",
        help="list the presets: what they are and where their weights are",
        description="List the presets: their names, what they are, what they "
        "were trained on and where their weights are.",
    )
    add_evaluate(commands)
    add_push(commands)
    add_convert(commands)
    return main
