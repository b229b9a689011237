"""From presets, which are files, to the Hugging Face Hub."""

import pathlib

from keras_colorize.models.colorizer import Colorizer
from keras_colorize.models.preset_loading import check_preset
from keras_colorize.presets import publishing
from keras_colorize.presets.repository import checked_repository


def push_preset(
    directory,
    repo_id,
    private=None,
    token=None,
    commit_message=None,
    create_pr=False,
):
    """Publishes a saved preset on the Hugging Face Hub, in one commit.

    Uploaded are `config.json`, the weights, `README.md` and the pictures that
    it shows, after the checks that loading makes. The card stays as it is,
    except that its part on usage, where it is still marked, names the
    repository, and that a card without front matter gets some.

    Args:
        directory: Path of the preset.
        repo_id: As in `Colorizer.push_to_hub`, and so are the others.
        private: bool or None.
        token: str or None.
        commit_message: str or None.
        create_pr: bool.

    Returns:
        A `huggingface_hub.CommitInfo`.

    Raises:
        FileNotFoundError: If a file of the preset is missing.
        ConnectionError: If the Hub cannot be reached or fails.
        PermissionError: If there is no token or it may not do this.
        ValueError: If it is no preset, or an argument is none of these.
    """
    repo_id = checked_repository(repo_id, publishing.OWN_REPOSITORY)
    token = publishing.checked_token(token)
    directory = pathlib.Path(directory)
    class_name = check_preset(Colorizer, directory)
    return publishing.publish(
        directory,
        class_name,
        repo_id,
        private,
        token,
        commit_message,
        create_pr,
    )
