"""The files of a preset on the Hugging Face Hub."""

import functools
import os
import pathlib
import re
import warnings

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import EntryNotFoundError
from huggingface_hub.errors import HTTPError
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import tqdm

from keras_colorize._version import __version__
from keras_colorize.presets.checksums import hash_of
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.hub_errors import explained
from keras_colorize.presets.strict_json import MAX_BYTES
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
            token may see; no such revision; or it is not cached and the Hub
            is not to be asked.
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
        if not isinstance(revision, (str, type(None))):
            raise TypeError(
                f"revision is {revision!r:.80}. Expected a str (a branch, a "
                "tag or a commit's id) or None."
            )
        self._revision = None if pins else revision or "main"
        self.commit = revision if pins else self._resolve()
        if not pins and not self._ref.is_file():
            self.keep()

    def __str__(self):
        return f"hf://{self.repo} at {self.commit}"

    def first_of(self, *names, max_bytes=None):
        """The path of the first of some files, once fetched and verified.

        Args:
            *names: Names of files.
            max_bytes: int or None. The most that a file may have to be
                fetched, where the Hub tells its size. JSON may have 10 MB.

        Raises:
            FileNotFoundError: If the commit has none, or none is cached and
                the Hub cannot be asked.
            PermissionError, ConnectionError: As above.
            ValueError: If it is too large or not the file it should be.
        """
        if self.pins:
            wanted = names[0]
            names = [name for name in names if name in self.pins]
            if not names:
                raise FileNotFoundError(
                    f"{self} has no {wanted} among its files: "
                    f"{', '.join(self.pins)}. The preset's entry in this "
                    "version of keras_colorize is wrong; please report it."
                )
        # One that is cached needs no asking for those before it.
        for name in names:
            cached = huggingface_hub.try_to_load_from_cache(
                self.repo, name, self._options["cache_dir"], self.commit
            )
            if isinstance(cached, str):
                return self._verified(name, pathlib.Path(cached))
        with explained(self.repo, names[0], self.commit):
            path = self._download(names, max_bytes)
        return self._verified(path.name, path)

    def keep(self):
        """Notes that the commit is what its revision is without network.

        To be called once all files are there: so an update that breaks off
        leaves the version before it to load.
        """
        if self.pins or self.commit == self._revision:
            return
        ref = self._ref
        try:
            if ref.is_file() and ref.read_text() == self.commit:
                return
            ref.parent.mkdir(parents=True, exist_ok=True)
            partial = ref.with_name(f"{ref.name}.{os.getpid()}.tmp")
            partial.write_text(self.commit)
            partial.replace(ref)
        except OSError:
            pass  # A cache that is read-only stays as it is.

    @property
    def _ref(self):
        """Where huggingface_hub's cache has the commit of the revision."""
        folder = repo_folder_name(repo_id=self.repo, repo_type="model")
        cache = self._options["cache_dir"] or constants.HF_HUB_CACHE
        return pathlib.Path(cache, folder, "refs", self._revision)

    def _resolve(self):
        """The commit of the revision: the Hub's, or else the cache's."""
        revision = self._revision
        if re.fullmatch("[0-9a-f]{40}", revision):
            return revision
        offline = constants.HF_HUB_OFFLINE or self._options["local_files_only"]
        if not offline:
            try:
                with explained(self.repo, CONFIG, revision):
                    info = self._info(revision)
            except ConnectionError as error:
                if not self._ref.is_file():
                    raise
                cause = error
            else:
                self._listing = {e.rfilename: e for e in info.siblings}
                return info.sha
        if self._ref.is_file():
            commit = self._ref.read_text().strip()
            if not offline:
                warnings.warn(
                    f"hf://{self.repo} is loaded from the cache, at the commit "
                    f"{commit}, which may be out of date: {cause}",
                    stacklevel=6,  # who called `Colorizer.from_preset`
                )
            return commit
        raise FileNotFoundError(
            f"{CONFIG} of hf://{self.repo} at {revision} is not in the cache, "
            "and the Hub is not asked (HF_HUB_OFFLINE or local_files_only). "
            "Load the preset once with network, or pass the cache_dir that "
            "has it."
        )

    def _info(self, revision):
        return huggingface_hub.HfApi(**_LIBRARY).model_info(
            self.repo,
            revision=revision,
            files_metadata=True,
            token=self._options["token"],
        )

    def _download(self, names, max_bytes):
        absent = None
        for name in names:
            self._check_size(name, max_bytes)
            try:
                path = huggingface_hub.hf_hub_download(
                    filename=name,
                    revision=self.commit,
                    tqdm_class=_NoBar if name == CONFIG else None,
                    **self._options,
                )
                return pathlib.Path(path)
            except LocalEntryNotFoundError:
                raise
            except EntryNotFoundError as error:
                absent = absent or error
        raise absent

    def _check_size(self, name, max_bytes):
        """Refuses to fetch a file that is larger than it can need to be."""
        if self.pins or name not in self._listing:
            return
        size = self._listing[name].size
        if name.endswith(".json"):
            max_bytes = MAX_BYTES
        if None not in (size, max_bytes) and size > max_bytes:
            raise ValueError(
                f"{name} of {self} has {size:,} bytes, and this preset's can "
                f"have at most {max_bytes:,}. It was not fetched. Check where "
                "the preset comes from."
            )

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
            info = self._info(self.commit)
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
