"""The entry point of the `keras-colorize` command."""

import argparse
import importlib.metadata
import sys

from keras_colorize_cli import colorize
from keras_colorize_cli import convert
from keras_colorize_cli import demo
from keras_colorize_cli import evaluate
from keras_colorize_cli import presets
from keras_colorize_cli import push
from keras_colorize_cli import turing_test
from keras_colorize_cli import video
from keras_colorize_cli.arguments import Parser
from keras_colorize_cli.arguments import UsageError

_COMMANDS = {
    colorize: "color photographs",
    video: "color a film",
    demo: "color photographs on a web page",
    presets: "list the presets",
    evaluate: "measure how well a preset colors images",
    turing_test: "ask people whether they can tell colorings from originals",
    push: "publish a preset on the Hugging Face Hub",
    convert: "convert a published checkpoint to a preset",
}

_EXIT_CODES = """\
exit codes:
  0    success
  1    some photographs could not be colored, but the others were; or the Hub
       refused a preset
  2    an argument or an input is wrong; nothing was written
  130  interrupted; every file that was written is complete
"""

_EPILOG = f"""\
examples:
  keras-colorize colorize old.jpg -o colored
  keras-colorize colorize album -o colored --num-samples 5
  keras-colorize colorize --help

{_EXIT_CODES}
The environment variable KERAS_BACKEND chooses Keras's backend: tensorflow,
jax or torch. Set TF_CPP_MIN_LOG_LEVEL=0 to see TensorFlow's messages.
"""


def parser():
    """The parser of the whole command line."""
    main = Parser(
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
    for module, help in _COMMANDS.items():
        command = commands.add_parser(
            _name(module),
            help=help,
            description=module.DESCRIPTION,
            epilog=module.EXAMPLES + _EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return main


def short_help():
    """What the command prints without arguments."""
    names = [f"  {_name(m):<12} {help}" for m, help in _COMMANDS.items()]
    return "\n".join(
        [
            "keras-colorize COMMAND ...",
            "",
            "commands:",
            *names,
            "",
            "  keras-colorize colorize old.jpg -o colored",
            "        write colored/old_1.jpg and colored/old_sheet.png",
            "",
            "`keras-colorize --help` and `keras-colorize COMMAND --help` tell "
            "more.",
        ]
    )


def _name(module):
    return module.__name__.rpartition(".")[2].replace("_", "-")


def main(argv=None):
    """Runs the command and returns the exit code.

    Args:
        argv: list of str or None. The arguments, by default the process's own.
    """
    # File names need not be valid text.
    sys.stdout.reconfigure(errors="backslashreplace")
    argv = sys.argv[1:] if argv is None else argv
    if not argv:
        print(short_help())
        return 0
    try:
        args = parser().parse_args(argv)
        return args.run(args)
    except UsageError as error:
        print(f"keras-colorize: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
