"""Requests to the Hugging Face Hub within limits of time and size."""

import contextlib
import datetime
import email.utils
import re
import threading
import time

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.errors import HTTPError
from huggingface_hub.errors import RevisionResolutionError
from huggingface_hub.utils import hf_raise_for_status

from keras_colorize.presets.files import MAX_JSON_BYTES

# Seconds without a byte after which a request fails.
STALL = 30.0
# Seconds before each further try, unless the Hub says how long to wait.
_WAITS = (1, 2, 4)
# The longest that the Hub may make us wait.
_MAX_WAIT = 60
_TRANSIENT = (429, 500, 502, 503, 504)


class _Interrupted(RuntimeError):
    """A connection that ended before the whole file was sent."""


def with_retries(ask):
    """Calls a function, and calls it again up to three times.

    It is called again after the statuses 429, 500, 502, 503 and 504 and after
    a transfer that was cut, and not after a request without an answer. The
    waits are 1, 2 and 4 seconds, or longer if `Retry-After` says so. A hub
    that asks for more than a minute is not asked again.

    Args:
        ask: Function without arguments, which calls huggingface_hub or
            `fetch`.

    Returns:
        What `ask` returns.
    """
    for wait in _WAITS:
        try:
            return ask()
        except (HTTPError, RevisionResolutionError, _Interrupted) as error:
            wait = _wait(error, wait)
            if wait is None:
                raise
        time.sleep(wait)
    return ask()


@contextlib.contextmanager
def bounded_answers():
    """Bounds the time and the size of the answers to this thread.

    huggingface_hub sets no timeout for most questions, and reads an answer of
    any size into memory.
    """
    thread = threading.get_ident()

    def bound_time(request):
        if threading.get_ident() == thread:
            request.extensions["timeout"] = dict.fromkeys(
                ("connect", "read", "write", "pool"), STALL
            )
            if request.headers["Accept-Encoding"] != "identity":
                # A few bytes of another encoding can become gigabytes at once.
                request.headers["Accept-Encoding"] = "gzip"

    def bound_size(response):
        if threading.get_ident() != thread:
            return
        _check_encoding(response, "gzip")
        decoded = response.iter_bytes

        def iter_bytes(*args, **kwargs):
            size = 0
            for piece in decoded(*args, **kwargs):
                size += len(piece)
                if size > MAX_JSON_BYTES:
                    raise ConnectionError(
                        f"{constants.ENDPOINT} does not answer as the Hub "
                        f"does: its answer has more than {MAX_JSON_BYTES:,} "
                        "bytes. Check HF_ENDPOINT."
                    )
                yield piece

        # Reading an answer goes through this method.
        response.iter_bytes = iter_bytes

    hooks = huggingface_hub.get_session().event_hooks
    hooks["request"].append(bound_time)
    hooks["response"].append(bound_size)
    try:
        yield
    finally:
        hooks["request"].remove(bound_time)
        hooks["response"].remove(bound_size)


def fetch(url, path, size, headers, bar):
    """Fetches a file, or the rest of a file of which there is a part.

    The content is not verified.

    Args:
        url: str. Where the file is.
        path: Path of the part. It stays if the transfer is cut.
        size: int. The bytes of the whole file.
        headers: dict. Headers of the request.
        bar: Function that makes a progress bar of the bytes that are there.

    Raises:
        ConnectionError: If the file is larger than `size`.
    """
    with open(path, "ab") as file:
        have = file.tell()
        if have > size:
            file.truncate(0)
            have = 0
        if have == size:
            return
        headers = {**headers, "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        last = time.monotonic()
        try:
            with huggingface_hub.get_session().stream(
                "GET", url, headers=headers, timeout=STALL
            ) as response:
                hf_raise_for_status(response)
                _check_encoding(response, "identity")
                if response.status_code != 206:
                    file.truncate(0)
                    have = 0
                with bar(have) as progress:
                    for piece in response.iter_raw():
                        have += len(piece)
                        if have > size:
                            file.truncate(0)
                            raise ConnectionError(
                                f"{constants.ENDPOINT} sends more than the "
                                f"{size:,} bytes that {path} should have. The "
                                "transfer was stopped. Check where the preset "
                                "comes from."
                            )
                        file.write(piece)
                        progress.update(len(piece))
                        last = time.monotonic()
        except HfHubHTTPError:
            raise
        except HTTPError as error:
            if time.monotonic() - last >= STALL:
                raise
            raise _Interrupted(str(error)) from error
    if have < size:
        raise _Interrupted(f"{have:,} of {size:,} bytes came")


def seconds_to_wait(response):
    """The seconds that an answer's `Retry-After` asks for, or 0."""
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch("[0-9]{1,9}", text):
        return int(text)
    try:
        then = email.utils.parsedate_to_datetime(text)
        now = datetime.datetime.now(datetime.timezone.utc)
        return max(0.0, (then - now).total_seconds())
    # What is no date, or a date without a time zone.
    except (ValueError, TypeError, OverflowError):
        return 0


def _check_encoding(response, expected):
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding not in ("identity", expected):
        raise ConnectionError(
            f"{constants.ENDPOINT} does not answer as the Hub does: an answer "
            f"is encoded as {encoding!a:.40}. Check HF_ENDPOINT and your proxy."
        )


def _wait(error, wait):
    """The seconds before another try; None for an error that stays."""
    if isinstance(error, _Interrupted):
        return wait
    if not isinstance(error, HfHubHTTPError):
        error = error.__cause__
    if not (
        isinstance(error, HfHubHTTPError)
        and error.response.status_code in _TRANSIENT
    ):
        return None
    asked = seconds_to_wait(error.response)
    return max(wait, asked) if asked <= _MAX_WAIT else None
