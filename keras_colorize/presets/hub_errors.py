"""Names, tokens and errors of the Hugging Face Hub."""

import re

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError
from huggingface_hub.errors import HfHubHTTPError

# httpx's, or that of another client of huggingface_hub.
from huggingface_hub.errors import HTTPError
from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.errors import RevisionNotFoundError
from huggingface_hub.errors import RevisionResolutionError

from keras_colorize.presets.fetching import seconds_to_wait

HUB = "hf://"
# What huggingface_hub raises for answers that the Hub does not give.
_MALFORMED = (
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_RAISED = (HTTPError, OSError, RuntimeError, RevisionResolutionError)


def checked_repository(repo_id, expected):
    """The `"owner/name"` of a repository, with or without `hf://` before it.

    Raises:
        ValueError: If it is no such name; `expected` is part of the message.
    """
    problem = ""
    if isinstance(repo_id, str):
        name = repo_id.removeprefix(HUB)
        try:
            huggingface_hub.utils.validate_repo_id(name)
            if name.count("/") == 1:
                return name
        except ValueError as error:
            problem = f" {error}"
    raise ValueError(
        f"{repo_id!r} is no repository on the Hub. Expected {expected}."
        f"{problem}"
    )


def checked_token(token):
    """A token without white space around it; None stays None.

    Raises:
        ValueError: If it can be no token. The message does not show it.
    """
    if token is None:
        return None
    if isinstance(token, str) and re.fullmatch("[!-~]+", token.strip()):
        return token.strip()
    raise ValueError(
        "token is no text, is empty, or has spaces, control characters or "
        "letters other than ASCII. Expected a token as "
        "https://huggingface.co/settings/tokens shows it, or None for that of "
        "HF_TOKEN or `hf auth login`."
    )


def ask_hub(ask, failed, advice, token=None):
    """Calls huggingface_hub, with errors that say what to do.

    The errors of huggingface_hub are not chained: they repeat what the Hub
    says, and a hostile hub says the token.

    Args:
        ask: Function without arguments.
        failed: str. What failed, as the start of a sentence.
        advice: str. How to get a token that may do it, as a sentence.
        token: str or None. A token that no message may show.

    Returns:
        What `ask` returns.

    Raises:
        FileNotFoundError: If there is no such repository, revision or file.
        PermissionError: If the Hub refuses access.
        ConnectionError: If the Hub cannot be reached, fails, or gives answers
            that are not the Hub's.
        ValueError: If the Hub refuses what is sent to it.
    """
    try:
        return ask()
    except (*_RAISED, *_MALFORMED) as error:
        is_of_disk = getattr(error, "errno", None) is not None
        if is_of_disk or type(error) is ConnectionError:
            raise
        kind, reason = _reason(error, advice)
        message = f"{failed}: {reason}"
    for secret in filter(None, (token, huggingface_hub.get_token())):
        message = message.replace(secret, "***")
    raise kind(re.sub(r"hf_\w+|(?i:bearer)\s+\S+", "***", message))


def _reason(error, advice):
    """The class of an error to raise, and its reason as a sentence."""
    if not isinstance(error, HfHubHTTPError) and isinstance(
        error.__cause__, (HTTPError, OfflineModeIsEnabled)
    ):
        if isinstance(error, ValueError):
            return ValueError, f"the Hub refuses it. {error}"
        error = error.__cause__
    if isinstance(error, OfflineModeIsEnabled):
        return ConnectionError, "HF_HUB_OFFLINE is set. Unset it."
    if isinstance(error, HfHubHTTPError):
        kind, reason = _reason_of_answer(error, advice)
        words = " ".join((error.server_message or "").split())
        return kind, reason + (f" The Hub says: {words:.500}" if words else "")
    if isinstance(error, HTTPError):
        return ConnectionError, (
            f"no Hub can be reached at {constants.ENDPOINT} ({error}). Check "
            "the network, and HF_ENDPOINT if it is set, and try again."
        )
    if isinstance(error, _MALFORMED):
        return ConnectionError, (
            f"{constants.ENDPOINT} does not answer as the Hub does "
            f"({type(error).__name__}). Check HF_ENDPOINT, and whether the "
            "network asks for a login."
        )
    return ConnectionError, (
        f"the transfer failed ({error}). Try again: files that are complete "
        "are not sent twice."
    )


def _reason_of_answer(error, advice):
    status = error.response.status_code
    place = constants.ENDPOINT
    if isinstance(error, GatedRepoError):
        return PermissionError, (
            "the repository is gated, and its owner decides who may read it. "
            f"Ask for access on its page at {place}. {advice}"
        )
    if error.response.headers.get("X-Error-Code") == "RepoNotFound":
        return FileNotFoundError, (
            f"there is no such repository at {place}, or it is private. Check "
            f"its name. {advice}"
        )
    if isinstance(error, RevisionNotFoundError):
        return FileNotFoundError, (
            "there is no such revision. Expected a branch, a tag or the whole "
            "id of a commit; None is the branch main."
        )
    kind, reason = {
        401: (PermissionError, f"the Hub does not accept the token. {advice}"),
        403: (PermissionError, f"the Hub refuses access (403). {advice}"),
        404: (FileNotFoundError, f"{place} has nothing there (404)."),
        429: (ConnectionError, "the Hub gets too many requests (429)."),
    }.get(status, (ConnectionError, f"the Hub answered {status}."))
    if status == 429 or status >= 500:
        wait = seconds_to_wait(error.response)
        reason += (
            f" Try again in {wait:.0f} s." if wait else " Try again later."
        )
    return kind, reason
