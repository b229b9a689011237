"""The arguments of `keras-colorize push`, and its help."""

import argparse
import pathlib

from keras_colorize.cli.exit_codes import EXIT_CODES

_DESCRIPTION = """\
Publish a saved preset on the Hugging Face Hub, in one commit, and print the
commit's address. The repository is made if it does not exist.

Uploaded are config.json, the weights, README.md (the card) and the pictures
that it shows, after the checks that loading makes. A card without front matter
gets some; where its part on usage is still marked, that names the repository.
"""

_EPILOG = f"""\
token:
  Publishing needs a token of the Hub with write permission. Make one at
  https://huggingface.co/settings/tokens, then run `hf auth login` once or set
  the environment variable HF_TOKEN to it. It is no argument, as those are
  seen by others and kept in the shell's history.

examples:
  keras-colorize push my_preset me/my_preset
  keras-colorize push my_preset me/my_preset --private --message "Third run"
  keras-colorize push my_preset someone/preset --create-pr
  keras-colorize colorize old.jpg -o colored --preset hf://me/my_preset

{EXIT_CODES}"""


def add_push(commands):
    """Adds the command's parser to `commands`, argparse's subparsers."""
    command = commands.add_parser(
        "push",
        help="publish a preset on the Hugging Face Hub",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
        # What a repository is without it, its owner's settings say.
        default=None,
        help="make the repository private; one that exists must be so already",
    )
    command.add_argument(
        "--create-pr",
        action="store_true",
        help="propose the commit as a pull request, which needs no permission "
        "to write there",
    )
    command.add_argument("--message", metavar="TEXT", help="commit message")
