"""`keras-colorize push`."""

import pathlib
import sys

from keras_colorize_cli import arguments
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.display import message_of
from keras_colorize_cli.display import printable
from keras_colorize_cli.loading import import_package

_DESCRIPTION = """\
Publish a saved preset on the Hugging Face Hub in one commit, and print the
commit's address. If the repository does not exist, it is made.

The commit holds config.json, the weights, README.md (the model card) and the
pictures that the card shows. The preset is checked first, as if it were
loaded. If the card lacks metadata or does not name the repository, the
uploaded card has them.
"""

_EPILOG = f"""\
token:
  Publishing needs a token of the Hub with write permission. Make one at
  https://huggingface.co/settings/tokens, then run `hf auth login` once or set
  the environment variable HF_TOKEN. There is no argument for the token, since
  other users of the machine can see arguments.

examples:
  keras-colorize push my_preset me/my_preset
  keras-colorize push my_preset me/my_preset --private --message "Third run"
  keras-colorize push my_preset someone/preset --create-pr
  keras-colorize colorize old.jpg -o colored --preset hf://me/my_preset

{arguments.EXIT_CODES}"""


def add_to(commands):
    """Adds the command's parser to `commands`, argparse's subparsers."""
    command = arguments.add_command(
        commands,
        push,
        "publish a preset on the Hugging Face Hub",
        _DESCRIPTION,
        _EPILOG,
    )
    command.add_argument(
        "directory",
        type=pathlib.Path,
        metavar="DIR",
        help="directory of the preset",
    )
    command.add_argument(
        "repository",
        metavar="REPO",
        help="owner/name, where owner is you or an organization of yours",
    )
    command.add_argument(
        "--private",
        action="store_true",
        # None leaves the choice to the settings of the repository's owner.
        default=None,
        help="make the repository private; if it exists, it must be private "
        "already",
    )
    command.add_argument(
        "--create-pr",
        action="store_true",
        help="propose the commit as a pull request, which needs no write "
        "permission",
    )
    command.add_argument("--message", metavar="TEXT", help="commit message")


def push(args):
    """Publishes a preset, as the arguments say; returns the exit code."""
    if not args.directory.is_dir():
        raise UsageError(
            f"argument DIR: There is no folder {printable(args.directory)}. "
            "Expected the directory of a saved preset."
        )
    package = import_package()
    try:
        info = package.push_preset(
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
