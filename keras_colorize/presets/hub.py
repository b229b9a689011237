"""The files of a preset on the Hugging Face Hub."""

import contextlib
import functools
import hashlib
import operator
import os
import pathlib
import re
import urllib.parse

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import WeakFileLock
from huggingface_hub.utils import build_hf_headers
from huggingface_hub.utils import logging
from huggingface_hub.utils import tqdm
from huggingface_hub.utils.tqdm import is_tqdm_disabled

from keras_colorize._version import __version__
from keras_colorize.presets.fetching import bounded_answers
from keras_colorize.presets.fetching import fetch
from keras_colorize.presets.fetching import with_retries
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

    Files are fetched when they are asked for, and kept in the cache of
    huggingface_hub, in its layout. Whenever a file is used, its hash is
    compared: with the one in `pins`, if there are any; or with the one by
    which the cache names the file, which the Hub's list of files had, too,
    before the file was fetched; or, in a cache without links, which has no
    such names, with that list. A file that fails is removed and not used.

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
        with bounded_answers():
            return ask_hub(
                lambda: with_retries(ask), failed, _GET_A_TOKEN, self.token
            )

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
                    operator.index(file.size),
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
        """The path of a file in the cache, once it was fetched.

        The layout of the cache, and its locks, are huggingface_hub's.
        """
        size, digest = None, None
        if self.pins:
            digest = self.pins[name]
        else:
            size, digest = self._listing[name]
        _checked(_HASH, digest, f"the hash of {name} of {self}")
        if name.endswith(".json") and (size or 0) > MAX_JSON_BYTES:
            raise ValueError(
                f"{name} of {self} has {size:,} bytes. Expected at most "
                f"{MAX_JSON_BYTES:,}. It was not fetched. Check where the "
                "preset comes from."
            )
        cache = pathlib.Path(self.cache_dir or constants.HF_HUB_CACHE)
        folder = repo_folder_name(repo_id=self.repo, repo_type="model")
        path = cache / folder / "snapshots" / self.commit / name
        blob = cache / folder / "blobs" / digest
        lock = cache / ".locks" / folder / f"{digest}.lock"
        for place in (path, blob, lock):
            place.parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(lock):
            # Another process may have fetched the file by now.
            if not blob.is_file() and not path.is_file():
                part = blob.with_name(f"{digest}.incomplete")
                # Those of huggingface_hub, which gives each a new name.
                for other in blob.parent.glob(f"{digest}.*.incomplete"):
                    other.unlink()
                self._ask(name, lambda: self._fetch(name, part, size, digest))
                os.replace(self._verified(name, part, digest), blob)
            if not path.is_file():
                _link(path, blob)
        return path

    def _fetch(self, name, part, size, digest):
        url = huggingface_hub.hf_hub_url(self.repo, name, revision=self.commit)
        said = huggingface_hub.get_hf_file_metadata(
            url, token=self.token, **_LIBRARY
        )
        _checked(_HASH, said.etag, f"the ETag of {name} of {self}")
        agrees = self.pins or (
            said.etag == digest and said.size in (size, None)
        )
        if said.commit_hash != self.commit or not agrees:
            raise ConnectionError(
                f"{constants.ENDPOINT} says two things of {name} of {self}: "
                "its list of files and its headers differ in the commit, the "
                "hash or the size. The file was not fetched. Check "
                "HF_ENDPOINT."
            )
        size = said.size if size is None else size
        if size is None:
            raise ConnectionError(
                f"{constants.ENDPOINT} does not answer as the Hub does: it "
                f"says no size of {name} of {self}. Check HF_ENDPOINT."
            )
        headers = build_hf_headers(token=self.token, **_LIBRARY)
        # Files are often stored elsewhere, where the token must not go.
        if _origin(said.location) != _origin(url):
            headers.pop("authorization", None)
        bar = functools.partial(
            tqdm,
            total=size,
            desc=name,
            unit="B",
            unit_scale=True,
            # Nobody could read a bar of config.json.
            disable=name == CONFIG or is_tqdm_disabled(logging.get_verbosity()),
        )
        fetch(said.location, part, size, headers, lambda n: bar(initial=n))

    def _verified(self, name, path, expected=None):
        expected = expected or self._expected(name, path)
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


def _link(path, blob):
    """Makes a link to a blob, or moves the blob where there are no links."""
    path.unlink(missing_ok=True)
    if not constants.HF_HUB_DISABLE_SYMLINKS:
        # Windows lets not every user make links.
        with contextlib.suppress(OSError):
            path.symlink_to(os.path.relpath(blob, path.parent))
            return
    os.replace(blob, path)


def _origin(url):
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc


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
