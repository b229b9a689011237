"""The files of a preset on the Hugging Face Hub."""

import contextlib
import functools
import hashlib
import os
import pathlib
import re
import threading

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.utils import tqdm

from keras_colorize._version import __version__
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.files import MAX_JSON_BYTES
from keras_colorize.presets.hub_errors import ask_hub
from keras_colorize.presets.hub_errors import checked_token
from keras_colorize.presets.weights import warn

_LIBRARY = {"library_name": "keras_colorize", "library_version": __version__}
_COMMIT = re.compile("[0-9a-f]{40}")
# Of SHA-256, by which the Hub names large files, or git's SHA-1.
_HASH = re.compile("[0-9a-f]{64}|[0-9a-f]{40}")
_GET_A_TOKEN = (
    "If you may read it, pass token=, set HF_TOKEN or run `hf auth login`."
)


class HubFiles:
    """The files of a preset at one commit of a repository, each verified.

    huggingface_hub fetches files when they are asked for, and keeps them in
    its cache. Whenever a file is used, its hash is compared: with the one in
    `pins`, if there are any; or with the one by which the cache names the
    file, which the Hub's list of files had, too, before the file was fetched;
    or, in a cache without links, which has no such names, with that list. A
    file that fails is removed and not used.

    Args:
        repo: str. `"owner/name"`.
        revision: str or None. Branch, tag or commit. It is resolved once, so
            all files are of one commit. None is the branch `main`.
        pins: dict or None. SHA-256 by file name, for a revision that is a
            commit; other files are not fetched.
        token: str or None. None is that of `HF_TOKEN` or `hf auth login`.
        cache_dir: path or None. None is huggingface_hub's own.
        local_files_only: bool. Whether to use the cache alone.

    Raises:
        FileNotFoundError, PermissionError, ConnectionError: See `ask_hub`.
        TypeError, ValueError: If the revision or the token can be none.
    """

    def __init__(
        self,
        repo,
        revision=None,
        pins=None,
        token=None,
        cache_dir=None,
        local_files_only=False,
    ):
        if not isinstance(revision, (str, type(None))):
            raise TypeError(
                f"revision is {revision!r:.80}. Expected a str (a branch, a "
                "tag or a commit's id) or None."
            )
        if cache_dir is not None:
            cache_dir = os.path.expanduser(cache_dir)
        self.repo = repo
        self.pins = pins
        self.cache_dir = cache_dir
        self.token = checked_token(token)
        self.local_files_only = bool(local_files_only)
        self.commit = revision or "main"
        self.commit = self._resolve(revision)

    def __str__(self):
        return f"hf://{self.repo} at {self.commit}"

    def first_of(self, *names):
        """The path of the first of some files, once fetched and verified.

        Raises:
            FileNotFoundError: If the commit has none, or none is cached and
                the Hub cannot be asked.
            ValueError: If it is a JSON file above 10 MB, or not the file that
                it should be.
        """
        for name in names:
            # One that is cached needs no asking for those before it.
            cached = huggingface_hub.try_to_load_from_cache(
                self.repo, name, self.cache_dir, self.commit
            )
            if isinstance(cached, str):
                return self._verified(name, pathlib.Path(cached))
        if self._is_offline:
            raise self._not_cached(names[0])
        known = self.pins or self._listing
        name = next((name for name in names if name in known), None)
        if name is None:
            raise FileNotFoundError(
                f"{self} has no {names[0]}. Expected a preset, as "
                "`Colorizer.push_to_hub` publishes it."
            )
        return self._verified(name, self._download(name))

    @property
    def _is_offline(self):
        return constants.HF_HUB_OFFLINE or self.local_files_only

    def _not_cached(self, name):
        return FileNotFoundError(
            f"{name} of {self} is not in the cache, and the Hub is not asked "
            "(HF_HUB_OFFLINE or local_files_only). Load the preset once with "
            "network, or pass the cache_dir that has it."
        )

    def _ask(self, name, ask):
        failed = f"{name} of {self} was not fetched"
        return ask_hub(ask, failed, _GET_A_TOKEN, self.token)

    def _resolve(self, revision):
        """The commit of the revision: the Hub's, or else the cache's."""

        def ask():
            return huggingface_hub.HfApi(**_LIBRARY).resolve_revision(
                self.repo,
                revision=revision,
                cache_dir=self.cache_dir,
                local_files_only=self._is_offline,
                token=self.token,
            )

        try:
            commit = self._ask(CONFIG, ask).resolved
        except ConnectionError:
            if self._is_offline:
                raise self._not_cached(CONFIG) from None
            raise
        return _checked(_COMMIT, commit, f"the commit of {self}")

    @functools.cached_property
    def _listing(self):
        """Size and hash of each of the commit's files, as the Hub says."""

        def ask():
            info = huggingface_hub.HfApi(**_LIBRARY).model_info(
                self.repo,
                revision=self.commit,
                files_metadata=True,
                token=self.token,
            )
            return info.sha, {
                file.rfilename: (
                    file.size,
                    file.lfs.sha256 if file.lfs else file.blob_id,
                )
                for file in info.siblings
            }

        commit, found = self._ask("The list of files", ask)
        if commit != self.commit:
            raise ConnectionError(
                f"{constants.ENDPOINT} lists files of another commit than "
                f"{self}. Check HF_ENDPOINT."
            )
        return found

    def _download(self, name):
        size, digest = None, None
        if not self.pins:
            size, digest = self._listing[name]
            _checked(_HASH, digest, f"the hash of {name} of {self}")
        if name.endswith(".json") and (size or 0) > MAX_JSON_BYTES:
            raise ValueError(
                f"{name} of {self} has {size:,} bytes. Expected at most "
                f"{MAX_JSON_BYTES:,}. It was not fetched. Check where the "
                "preset comes from."
            )

        def ask():
            with self._checked_answers(name, digest):
                return huggingface_hub.hf_hub_download(
                    self.repo,
                    name,
                    revision=self.commit,
                    token=self.token,
                    cache_dir=self.cache_dir,
                    tqdm_class=_NoBar if name == CONFIG else None,
                    **_LIBRARY,
                )

        return pathlib.Path(self._ask(name, ask))

    @contextlib.contextmanager
    def _checked_answers(self, name, digest):
        """Checks what the Hub says of a file before it is fetched.

        huggingface_hub makes paths in its cache of the commit and the ETag in
        the headers, so a hub could have it write anywhere.
        """
        thread = threading.get_ident()

        def check(response):
            commit = response.headers.get("X-Repo-Commit")
            is_head = response.request.method == "HEAD"
            if not is_head or commit is None or threading.get_ident() != thread:
                return
            etag = None
            if response.status_code < 400:
                etag = response.headers.get("X-Linked-ETag")
                etag = etag or response.headers.get("ETag", "")
                etag = etag.removeprefix("W/").strip('"')
                _checked(_HASH, etag, f"the ETag of {name} of {self}")
            if commit != self.commit or (digest and etag and etag != digest):
                raise ConnectionError(
                    f"{constants.ENDPOINT} says two things of {name} of "
                    f"{self}: its list of files and its headers differ in the "
                    "commit or the hash. The file was not fetched. Check "
                    "HF_ENDPOINT."
                )

        hooks = huggingface_hub.get_session().event_hooks["response"]
        hooks.append(check)
        try:
            yield
        finally:
            hooks.remove(check)

    def _verified(self, name, path):
        expected = self._expected(name, path)
        if expected is None:
            return path
        found = _hash_of(path, expected) if path.is_file() else "no file"
        if found == expected:
            return path
        try:
            self._remove(path)
            advice = "It is removed; load the preset again to fetch it anew."
        except OSError:
            advice = "Remove it from the cache, which is read-only to you."
        kind = "SHA-256" if len(expected) == 64 else "git SHA-1"
        raise ValueError(
            f"{path} is not the {name} of {self}: its {kind} is {found}, and "
            f"{expected} is expected. It was not used. {advice}"
        )

    def _expected(self, name, path):
        """The hash of a file; None if it is not known."""
        if self.pins:
            return self.pins[name]
        blob = os.path.basename(os.readlink(path)) if path.is_symlink() else ""
        if _HASH.fullmatch(blob) and "_listing" not in vars(self):
            return blob
        with contextlib.suppress(OSError):
            if not self._is_offline and name in self._listing:
                return self._listing[name][1]
        warn(
            f"{path} was not verified: this cache keeps no hashes, for want "
            "of links, and the Hub is not asked or does not answer."
        )
        return None

    def _remove(self, path):
        """Removes a file, and the blob of the repository that it links to."""
        blob = path.resolve()
        path.unlink(missing_ok=True)
        if blob.parent == (path.parents[2] / "blobs").resolve():
            blob.unlink(missing_ok=True)


class _NoBar(tqdm):
    """config.json is fetched before anyone could read a progress bar."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "disable": True})


def _checked(pattern, text, what):
    """What the Hub says, if it is a hash; of anything else it makes paths."""
    if isinstance(text, str) and pattern.fullmatch(text):
        return text
    raise ConnectionError(
        f"{constants.ENDPOINT} does not answer as the Hub does: {what} is no "
        "hash. Check HF_ENDPOINT."
    )


def _hash_of(path, digest):
    """The hash of a file, of the kind of another hash."""
    if len(digest) == 64:
        new = hashlib.sha256
    else:
        # What git calls a file: the hash of "blob SIZE\0" and the content.
        start = b"blob %d\0" % path.stat().st_size
        new = functools.partial(hashlib.sha1, start, usedforsecurity=False)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, new).hexdigest()
