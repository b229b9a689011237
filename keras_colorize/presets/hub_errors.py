"""What the Hub says, said clearly."""

import contextlib
import json

from huggingface_hub import constants
from huggingface_hub.errors import EntryNotFoundError
from huggingface_hub.errors import GatedRepoError
from huggingface_hub.errors import HfHubHTTPError

# httpx's, or whatever client this version of huggingface_hub has.
from huggingface_hub.errors import HTTPError
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.errors import RevisionNotFoundError

_TOKEN = (
    "pass token=, set HF_TOKEN or run `hf auth login`, with a token of an "
    "account that may read it"
)


@contextlib.contextmanager
def explained(repo, name, revision):
    """Turns errors of huggingface_hub into Python's, saying what to do.

    Args:
        repo: str. The repository that is asked for.
        name: str. The file that is asked for.
        revision: str or None. Its revision.

    Raises:
        FileNotFoundError, PermissionError, ConnectionError: For what
            huggingface_hub raises inside the block, with its error as cause.
    """
    page = f"{constants.ENDPOINT}/{repo}"
    at = f" at {revision}" if revision else ""
    try:
        yield
    except GatedRepoError as error:
        raise PermissionError(
            f"{page} is gated: its owner decides who may fetch it. Ask for "
            f"access on that page, then {_TOKEN}.{_words(error)}"
        ) from error
    except RepositoryNotFoundError as error:
        raise FileNotFoundError(
            f"There is no repository {page}, or it is private and may not be "
            f"read with {'this' if _sent_token(error) else 'no'} token. Check "
            f"the name; if it is private, {_TOKEN}.{_words(error)}"
        ) from error
    except RevisionNotFoundError as error:
        raise FileNotFoundError(
            f"{page} has no revision {revision!r}. Expected a branch, a tag or "
            f"a commit's whole id; None is the branch main.{_words(error)}"
        ) from error
    except LocalEntryNotFoundError as error:
        if isinstance(error.__cause__, HfHubHTTPError):
            raise _failed(page, error.__cause__) from error
        raise FileNotFoundError(
            f"{name} of hf://{repo}{at} is not in the cache, and the Hub "
            f"{_unasked(error.__cause__)}. Load the preset once with network, "
            "or pass the cache_dir that has it."
        ) from error
    except EntryNotFoundError as error:
        raise FileNotFoundError(
            f"{page} has no {name}{at}. Expected a preset, as "
            "`Colorizer.push_to_hub` publishes it."
        ) from error
    except HfHubHTTPError as error:
        raise _failed(page, error) from error
    except json.JSONDecodeError as error:
        raise ConnectionError(
            f"{constants.ENDPOINT} does not answer as the Hub does: {error}. "
            "Check HF_ENDPOINT, and whether the network asks for a login."
        ) from error
    except (HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk
        raise ConnectionError(
            f"{name} of {page} could not be fetched: {error}. Check the "
            "network and try again; a file that is whole is not fetched twice."
        ) from error


def _failed(page, error):
    """An exception for an answer of the Hub that is an error."""
    status = error.response.status_code
    if status in (401, 403):
        return PermissionError(
            f"The Hub refuses access to {page} ({status}): {_TOKEN}."
            f"{_words(error)}"
        )
    if status == 404:
        return FileNotFoundError(
            f"The Hub has nothing at {page} (404). Check the name and "
            f"HF_ENDPOINT.{_words(error)}"
        )
    if status == 429:
        return ConnectionError(
            f"The Hub gets too many requests from here (429) and does not "
            f"serve {page} now. Wait some minutes; with a token it allows "
            f"more.{_words(error)}"
        )
    return ConnectionError(
        f"The Hub failed to serve {page} ({status}). Try again later."
        f"{_words(error)}"
    )


def _unasked(cause):
    if cause is None or isinstance(cause, OfflineModeIsEnabled):
        return "is not asked (HF_HUB_OFFLINE or local_files_only)"
    return f"at {constants.ENDPOINT} cannot be reached ({cause})"


def _words(error):
    """What the Hub itself said, as a sentence to append."""
    words = " ".join((error.server_message or "").split())
    return f" The Hub says: {words!r:.500}." if words else ""


def _sent_token(error):
    return "authorization" in error.response.request.headers
