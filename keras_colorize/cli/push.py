"""`keras-colorize push`."""

import sys

from keras_colorize.cli.errors import UsageError
from keras_colorize.cli.errors import message_of
from keras_colorize.cli.quiet import import_quietly


def push(args):
    """Publishes a preset, as the arguments say; returns the exit code."""
    if not args.directory.is_dir():
        raise UsageError(f"argument DIR: there is no folder {args.directory}")
    models = import_quietly("keras_colorize.models")
    try:
        info = models.push_preset(
            args.directory,
            args.repository,
            private=args.private,
            commit_message=args.message,
            create_pr=args.create_pr,
        )
    except (ConnectionError, PermissionError) as error:
        print(f"keras-colorize: error: {message_of(error)}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        raise UsageError(message_of(error)) from error
    print(info.pr_url or info.commit_url)
    return 0
