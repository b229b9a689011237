"""`keras-colorize push`."""

import sys

from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.loading import import_package

DESCRIPTION = """\
Publish a saved preset on the Hugging Face Hub in one commit, and print the
commit's address. The command makes the repository if it does not exist.

The preset is checked first, as if it were loaded. The commit holds config.json,
the weights, README.md (the model card) and the pictures of the card. The
command adds missing metadata and the repository's name to the uploaded card.
"""

EXAMPLES = """\
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

"""


def add_arguments(command):
    """Adds the arguments to the command's parser."""
    add = command.add_argument
    add("directory", metavar="DIR", help="directory of the preset")
    add("repository", metavar="REPO", help="owner/name on the Hub")
    add(
        "--private",
        action="store_true",
        # None leaves the choice to the settings of the repository's owner.
        default=None,
        help="make a new repository private; an existing repository must be "
        "private already",
    )
    add(
        "--create-pr",
        action="store_true",
        help="propose a pull request, which needs no write permission",
    )
    add("--message", metavar="TEXT", help="commit message")


def run(args):
    """Publishes a preset and returns the exit code."""
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
        print(f"keras-colorize: error: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    print(info.pr_url or info.commit_url)
    return 0
