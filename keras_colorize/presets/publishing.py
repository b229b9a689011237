"""Publishing a preset on the Hugging Face Hub."""

import contextlib
import fnmatch
import json

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.errors import HTTPError
from huggingface_hub.errors import OfflineModeIsEnabled

from keras_colorize._version import __version__
from keras_colorize.presets.card import pictures_in
from keras_colorize.presets.card import published_card
from keras_colorize.presets.files import CARD
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.files import INDEX
from keras_colorize.presets.files import WEIGHTS
from keras_colorize.presets.files import DirectoryFiles
from keras_colorize.presets.tokens import clean_token
from keras_colorize.presets.weights import find_weights

# What any version of a preset may have stored its weights in.
_WEIGHTS = (WEIGHTS, "model-?????-of-?????.safetensors", INDEX)
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg")
OWN_REPOSITORY = "'owner/name', where owner is you or an organization of yours"
_GET_A_TOKEN = (
    "Make a token with write permission at "
    "https://huggingface.co/settings/tokens, then run `hf auth login` or set "
    "HF_TOKEN to it."
)


def checked_token(token):
    """The token to publish with: what was given, or the stored one."""
    token = clean_token(token) or huggingface_hub.get_token()
    if not token:
        raise PermissionError(
            f"There is no token to publish with. {_GET_A_TOKEN}"
        )
    return token


def publish(
    directory, class_name, repo_id, private, token, commit_message, create_pr
):
    """Uploads a preset in one commit.

    Files in the repository that hold weights and are not among the preset's
    are removed; all others are left alone.

    Args:
        directory: Path of the preset.
        class_name: str. Its class.
        repo_id: `"owner/name"`.
        private: bool or None. See `Colorizer.push_to_hub`.
        token: From `checked_token`.
        commit_message: str or None.
        create_pr: bool.

    Returns:
        A `huggingface_hub.CommitInfo`.
    """
    files = _files(directory, class_name, repo_id)
    api = huggingface_hub.HfApi(
        token=token,
        library_name="keras_colorize",
        library_version=__version__,
    )
    with _clear_errors(repo_id, api.endpoint):
        api.create_repo(repo_id, private=private, exist_ok=True)
        info = api.repo_info(repo_id)
        if private is not None and info.private != private:
            raise ValueError(
                f"The repository {repo_id} exists and is "
                f"{'private' if info.private else 'public'}; private="
                f"{private} does not change that. Change it in its settings "
                f"on {api.endpoint}, or leave `private` out."
            )
        stale = [
            file.rfilename
            for file in info.siblings or ()
            if file.rfilename not in files
            and any(fnmatch.fnmatch(file.rfilename, name) for name in _WEIGHTS)
        ]
        add = huggingface_hub.CommitOperationAdd
        delete = huggingface_hub.CommitOperationDelete
        return api.create_commit(
            repo_id,
            [delete(name) for name in stale]
            + [add(name, data) for name, data in files.items()],
            commit_message=commit_message
            or f"Upload {class_name} with keras_colorize {__version__}",
            create_pr=create_pr,
            # What is stale was so in this commit.
            parent_commit=info.sha,
        )


def _files(directory, class_name, repo_id):
    """The files to upload: paths, and the card's bytes, by name."""
    card = directory / CARD
    if not card.is_file():
        raise FileNotFoundError(
            f"There is no {CARD} in {directory}. A published preset has a "
            "card: write one, or load the preset and save it again."
        )
    _check_inside(card, directory)
    text = published_card(card, class_name, repo_id)
    found = DirectoryFiles(directory)
    weights = {found.first_of(WEIGHTS, INDEX)}
    weights |= {tensor.path for tensor in find_weights(found).values()}
    files = {CONFIG: directory / CONFIG}
    files |= {path.name: path for path in weights}
    for name in pictures_in(text):
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


@contextlib.contextmanager
def _clear_errors(repo_id, endpoint):
    """Says what the errors of the Hub mean to who publishes."""
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise ConnectionError(
            f"{repo_id} was not published: HF_HUB_OFFLINE is set. Unset it."
        ) from error
    except (HTTPError, RuntimeError, json.JSONDecodeError) as error:
        raise _clear_error(error, repo_id, endpoint) from error


def _clear_error(error, repo_id, endpoint):
    start = f"{repo_id} was not published: "
    if isinstance(error.__cause__, HTTPError) and type(error) is RuntimeError:
        # One that says which file's upload failed is around it.
        error = error.__cause__
    said = getattr(error, "server_message", None) or error
    if isinstance(error, RuntimeError):
        return ConnectionError(
            f"{start}the upload failed ({said}). Try again: what has arrived "
            "is not sent twice."
        )
    if not isinstance(error, HfHubHTTPError):
        return ConnectionError(
            f"{start}there is no Hub to be reached at {endpoint} ({said}). "
            "Check the network, and HF_ENDPOINT if it is set, and try again."
        )
    status = error.response.status_code
    if status == 401:
        return PermissionError(
            f"{start}the Hub does not accept the token ({said}). {_GET_A_TOKEN}"
        )
    if status == 403:
        return PermissionError(
            f"{start}the token has no permission to write there ({said}). "
            "Check the owner's name and the token's permissions. To another's "
            "repository you can propose a pull request (create_pr)."
        )
    return ConnectionError(
        f"{start}the Hub answered {status} ({said})."
        + (" Try again later." if status == 429 or status >= 500 else "")
    )
