"""Publishing presets on the Hugging Face Hub."""

import fnmatch
import functools
import pathlib
import posixpath
import tempfile

import huggingface_hub

from keras_colorize._version import __version__
from keras_colorize.presets.card import pictures_in
from keras_colorize.presets.card import published_card
from keras_colorize.presets.files import CARD
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.files import INDEX
from keras_colorize.presets.files import WEIGHTS
from keras_colorize.presets.files import DirectoryFiles
from keras_colorize.presets.hub_errors import ask_hub
from keras_colorize.presets.hub_errors import checked_repository
from keras_colorize.presets.hub_errors import checked_token
from keras_colorize.presets.loading import check_preset
from keras_colorize.presets.saving import save_preset
from keras_colorize.presets.weights import find_weights

# The files of weights that any version of a preset may have.
_WEIGHTS = (WEIGHTS, "model-?????-of-?????.safetensors", INDEX)
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg")
_OWN_REPOSITORY = "'owner/name', where owner is you or an organization of yours"
_GET_A_TOKEN = (
    "Make a token with write permission at "
    "https://huggingface.co/settings/tokens, then run `hf auth login` or set "
    "HF_TOKEN to it. To another's repository you can propose a pull request "
    "(create_pr)."
)


def push_model(
    model, repo_id, private, token, commit_message, create_pr, **saving
):
    """See `Colorizer.push_to_hub`; `saving` goes to `save_preset`."""
    repo_id, token = _checked(repo_id, token)
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder) / repo_id.split("/")[1]
        save_preset(model, directory, **saving)
        return _publish(
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
    it shows, after the checks that loading makes. The card is uploaded as it
    is, with two exceptions: its part on usage, if it is still marked, names
    the repository, and a card without front matter gets one.

    Args:
        directory: str or path. The preset.
        repo_id: As in `Colorizer.push_to_hub`, as are the others.
        private: bool or None.
        token: str or None.
        commit_message: str or None.
        create_pr: bool.

    Returns:
        A `huggingface_hub.CommitInfo`.

    Raises:
        FileNotFoundError: If a file of the preset is missing.
        ConnectionError, PermissionError, ValueError: As in
            `Colorizer.push_to_hub`, or if it is no preset.
    """
    repo_id, token = _checked(repo_id, token)
    directory = pathlib.Path(directory)
    check_preset(directory)
    return _publish(
        directory, repo_id, private, token, commit_message, create_pr
    )


def _checked(repo_id, token):
    """The repository's name, and the token: what was given or is stored."""
    repo_id = checked_repository(repo_id, _OWN_REPOSITORY)
    token = checked_token(token) or huggingface_hub.get_token()
    if not token:
        raise PermissionError(
            f"There is no token to publish with. {_GET_A_TOKEN}"
        )
    return repo_id, token


def _publish(directory, repo_id, private, token, commit_message, create_pr):
    """Uploads a preset in one commit.

    Files in the repository that hold weights and are not among the preset's
    are removed; all others are left alone.
    """
    files = _files(directory, repo_id)
    api = huggingface_hub.HfApi(
        token=token,
        library_name="keras_colorize",
        library_version=__version__,
    )

    ask = functools.partial(
        ask_hub,
        failed=f"{repo_id} was not published",
        advice=_GET_A_TOKEN,
        token=token,
    )
    ask(lambda: api.create_repo(repo_id, private=private, exist_ok=True))
    info = ask(lambda: api.repo_info(repo_id))
    if private is not None and info.private != private:
        raise ValueError(
            f"The repository {repo_id} exists and is "
            f"{'private' if info.private else 'public'}; private={private} "
            "does not change that. Change it in its settings on "
            f"{api.endpoint}, or leave `private` out."
        )
    operations = [
        huggingface_hub.CommitOperationDelete(file.rfilename)
        for file in info.siblings or ()
        if file.rfilename not in files
        and any(fnmatch.fnmatch(file.rfilename, name) for name in _WEIGHTS)
    ]
    for name, data in files.items():
        operations.append(huggingface_hub.CommitOperationAdd(name, data))
    return ask(
        lambda: api.create_commit(
            repo_id,
            operations,
            commit_message=commit_message
            or f"Upload a preset with keras_colorize {__version__}",
            create_pr=create_pr,
            # Old weights that are deleted were there in this commit.
            parent_commit=info.sha,
        )
    )


def _files(directory, repo_id):
    """The files to upload: paths, and the card's bytes, by name."""
    card = directory / CARD
    if not card.is_file():
        raise FileNotFoundError(
            f"There is no {CARD} in {directory}. A published preset has a "
            "card: write one, or load the preset and save it again."
        )
    _check_inside(card, directory)
    text = published_card(card, repo_id)
    found = DirectoryFiles(directory)
    paths = {found.first_of(CONFIG), found.first_of(WEIGHTS, INDEX)}
    paths |= {tensor.path for tensor in find_weights(found).values()}
    files = {path.name: path for path in paths}
    for name in map(posixpath.normpath, pictures_in(text)):
        path = directory / name
        if not path.is_file() or path.suffix.lower() not in _PICTURES:
            raise ValueError(
                f"{card} shows {name}, which is no picture in {directory}. "
                "Put it there, or take it out of the card."
            )
        files[name] = path
    for path in files.values():
        _check_inside(path, directory)
    return files | {CARD: text.encode()}


def _check_inside(path, directory):
    """Refuses what, by a link or its name, would publish another's file."""
    real = path.resolve()
    if not real.is_relative_to(directory.resolve()):
        raise ValueError(
            f"{path} is {real}, outside of {directory}, and was not "
            "published. Put the file itself there."
        )
