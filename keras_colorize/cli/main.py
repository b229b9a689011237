"""The entry point of the `keras-colorize` command."""

import importlib
import sys

from keras_colorize.cli.arguments import parser
from keras_colorize.cli.errors import UsageError


def main(argv=None):
    """Runs the command.

    Args:
        argv: list of str or None. The arguments; the process's own by default.

    Returns:
        The exit code: 0 all is well, 1 a photograph or the Hub failed, 2 the
        arguments are wrong, 130 interrupted.

    Raises:
        SystemExit: From argparse: for `--help` and `--version`, and with code
            2 for arguments that it finds wrong.
    """
    try:
        args = parser().parse_args(argv)
        # Imported late: each command needs other libraries.
        module = importlib.import_module(f"keras_colorize.cli.{args.command}")
        return getattr(module, args.command)(args)
    except UsageError as error:
        print(f"keras-colorize: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
