"""The files of a preset on the Hugging Face Hub."""

import functools
import os
import pathlib
import re
import warnings

import huggingface_hub
from huggingface_hub.errors import EntryNotFoundError
from huggingface_hub.errors import HTTPError
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.utils import tqdm

from keras_colorize._version import __version__
from keras_colorize.presets.checksums import hash_of
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.hub_errors import explained
from keras_colorize.presets.tokens import clean_token

_LIBRARY = {"library_name": "keras_colorize", "library_version": __version__}


class HubFiles:
    """The files of a preset at one commit of a repository, each verified.

    They are fetched when asked for, and kept in huggingface_hub's cache.
    Whenever one is used, cached or new, its size and hash are checked:

    - against `pins`, where there are some;
    - or else against the hash that the Hub gave when it was fetched, SHA-256
      of large files and git's SHA-1 of small ones, by which the cache names
      it;
    - or else, in a cache without links, which has no such names, against the
      Hub's list of the commit's files; without network there is a warning.

    A file that fails is removed and not used.

    Args:
        repo: str. `"owner/name"`.
        revision: str or None. Branch, tag or commit; resolved once, so that
            all files are of one commit. None: the branch `main`.
        pins: dict or None. `{"size": int, "sha256": str}` by file name, for
            a revision that is a commit; other files are not fetched.
        token: str or None. None: that of `HF_TOKEN` or `hf auth login`.
        cache_dir: path or None. None: huggingface_hub's own.
        local_files_only: bool. Whether to use the cache alone.

    Raises:
        FileNotFoundError: If there is no such repository, or none that the
            token may see; no such revision; or it has no config.json; or that
            is not cached and the Hub cannot be asked.
        PermissionError: If the repository is gated, or forbidden.
        ConnectionError: If the Hub fails.
        TypeError, ValueError: If the token can be none.
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
        if cache_dir is not None:
            cache_dir = os.path.expanduser(cache_dir)
        self.repo = repo
        self.pins = pins
        self._options = {
            "repo_id": repo,
            "token": clean_token(token),
            "cache_dir": cache_dir,
            "local_files_only": bool(local_files_only),
            **_LIBRARY,
        }
        self.commit = revision if pins else self._resolve(revision)

    def __str__(self):
        return f"hf://{self.repo} at {self.commit}"

    def file(self, name):
        """The path of a file, once it is fetched and verified.

        Raises:
            FileNotFoundError: If the commit does not have it, or it is not
                cached and the Hub cannot be asked.
            PermissionError, ConnectionError: As above.
            ValueError: If it is not the file that it should be.
        """
        return self.first_of(name)

    def first_of(self, *names):
        """The path of the first of some files that there is.

        Raises:
            As `file`.
        """
        if self.pins:
            names = [name for name in names if name in self.pins]
        # One that is cached needs no asking for those before it.
        for name in names:
            cached = huggingface_hub.try_to_load_from_cache(
                self.repo, name, self._options["cache_dir"], self.commit
            )
            if isinstance(cached, str):
                return self._verified(name, pathlib.Path(cached))
        with explained(self.repo, names[0], self.commit):
            path = self._download(names)
        return self._verified(path.name, path)

    def _resolve(self, revision):
        """The commit of a revision; fetches its config.json by the way.

        This is what writes down the commit in the cache, for when there is no
        network.
        """
        with explained(self.repo, CONFIG, revision):
            snapshot = huggingface_hub.snapshot_download(
                revision=revision,
                allow_patterns=[CONFIG],
                tqdm_class=_NoBar,
                **self._options,
            )
        return os.path.basename(snapshot)

    def _download(self, names):
        absent = None
        for name in names:
            try:
                path = huggingface_hub.hf_hub_download(
                    filename=name, revision=self.commit, **self._options
                )
                return pathlib.Path(path)
            except LocalEntryNotFoundError:
                raise
            except EntryNotFoundError as error:
                absent = absent or error
        raise absent

    def _verified(self, name, path):
        expected = self._expected(name, path)
        if expected is None:
            return path
        size, algorithm, digest = expected
        actual = path.stat().st_size
        found = hash_of(path, algorithm)
        if found == digest and size in (None, actual):
            return path
        sizes = "" if size is None else f" ({actual:,} bytes of {size:,})"
        removed = _remove(path)
        raise ValueError(
            f"{path} is not the {name} of {self}: its {algorithm} is {found}, "
            f"and {digest} is expected{sizes}. It was not used. "
            + (
                "It is removed; load the preset again to fetch it anew."
                if removed
                else "Remove it from the cache, which is read-only to you."
            )
        )

    def _expected(self, name, path):
        """Size (or None), kind of hash and hash of a file; None if unknown."""
        if self.pins:
            pin = self.pins[name]
            return pin["size"], "SHA-256", pin["sha256"]
        blob = os.path.basename(os.readlink(path)) if path.is_symlink() else ""
        if re.fullmatch("[0-9a-f]{64}", blob):
            return None, "SHA-256", blob
        if re.fullmatch("[0-9a-f]{40}", blob):
            return None, "git SHA-1", blob
        if name in self._listing:
            entry = self._listing[name]
            if entry.lfs is not None:
                return entry.lfs.size, "SHA-256", entry.lfs.sha256
            return entry.size, "git SHA-1", entry.blob_id
        warnings.warn(
            f"{path} was not verified: this cache keeps no hashes, for want "
            "of links, and the Hub is not asked or does not answer.",
            stacklevel=2,
        )
        return None

    @functools.cached_property
    def _listing(self):
        """What the Hub says of each file; nothing if it cannot be asked."""
        if self._options["local_files_only"]:
            return {}
        try:
            info = huggingface_hub.HfApi(**_LIBRARY).model_info(
                self.repo,
                revision=self.commit,
                files_metadata=True,
                token=self._options["token"],
            )
        except (HTTPError, OSError):
            return {}
        return {entry.rfilename: entry for entry in info.siblings}


class _NoBar(tqdm):
    """No progress bar: config.json is fetched before one could be read."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "disable": True})


def _remove(path):
    """Removes a file and what it links to; returns whether it could."""
    chain = [path]
    while chain[-1].is_symlink():
        link = chain[-1]
        chain.append(link.parent / os.readlink(link))
    try:
        for path in chain:
            path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
