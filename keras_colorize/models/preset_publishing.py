"""From colourers and presets to the Hugging Face Hub."""

import pathlib
import tempfile

from keras_colorize._version import __version__
from keras_colorize.models import preset_saving
from keras_colorize.presets import DirectoryFiles
from keras_colorize.presets import read_config


def push_to_hub(
    model, repo_id, private, token, commit_message, create_pr, **saving
):
    """See `Colorizer.push_to_hub`."""
    from keras_colorize.presets import publishing

    repo_id = publishing.checked_repository(repo_id)
    token = publishing.checked_token(token)
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder) / repo_id.split("/")[1]
        preset_saving.save_to_preset(model, directory, **saving)
        return push_preset(
            directory, repo_id, private, token, commit_message, create_pr
        )


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
    it shows, after the checks that loading makes. The card stays as it is, but
    that the part on usage names the repository where it is still marked, and
    that a card without front matter gets some.

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
    from keras_colorize.presets import publishing

    repo_id = publishing.checked_repository(repo_id)
    token = publishing.checked_token(token)
    directory = pathlib.Path(directory)
    class_name, _ = read_config(DirectoryFiles(directory))
    return publishing.publish(
        publishing.preset_files(directory, class_name, repo_id),
        repo_id,
        private,
        token,
        commit_message
        or f"Upload {class_name} with keras_colorize {__version__}",
        create_pr,
    )
