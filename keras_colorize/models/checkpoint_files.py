"""Opens TensorFlow checkpoints, also in directories and tar archives."""

import contextlib
import pathlib
import re
import tarfile
import tempfile
import zlib

_FILE = re.compile(r"\.(index|meta|data-\d+-of-\d+)$")


@contextlib.contextmanager
def open_checkpoint(path):
    """Opens a TensorFlow checkpoint for reading.

    Args:
        path: str or path. The checkpoint's prefix, such as `model.ckpt`, or
            one of its files; a directory that holds it; or a tar archive that
            holds it. An archive is extracted into a temporary directory while
            the checkpoint is open.

    Yields:
        The reader of `tf.train.load_checkpoint`.

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If a directory or archive holds several checkpoints and
            no state file names the latest; if an archive is damaged or not
            safe; if TensorFlow cannot read the checkpoint, also later, while
            it is open.
    """
    # Imported here: on other backends nothing else needs TensorFlow.
    import tensorflow as tf

    path = pathlib.Path(path)
    with tempfile.TemporaryDirectory() as temporary:
        prefix = _locate(path, pathlib.Path(temporary))
        try:
            yield tf.train.load_checkpoint(str(prefix))
        except tf.errors.ResourceExhaustedError:
            raise
        except (tf.errors.OpError, IndexError) as error:
            # The reader raises IndexError if a file is cut short.
            raise ValueError(
                f"The checkpoint {path} cannot be read: {error}. It is damaged "
                "or a file of it is missing. Fetch it again."
            ) from error


def _locate(path, temporary):
    """The prefix of the checkpoint that a path stands for."""
    if path.is_dir():
        return _only_prefix(path, path)
    prefix = path.with_name(_FILE.sub("", path.name))
    if prefix.with_name(f"{prefix.name}.index").is_file():
        return prefix
    if path.is_file():
        _extract(path, temporary)
        return _only_prefix(temporary, path)
    raise FileNotFoundError(
        f"There is no checkpoint {path}. Expected the prefix of a TensorFlow "
        "checkpoint (model.ckpt, if there are model.ckpt.index and "
        "model.ckpt.data-00000-of-00001), its directory or its tar archive."
    )


def _extract(path, directory):
    """Extracts the files of checkpoints from a tar archive."""
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not (member.isreg() and _FILE.search(member.name)):
                    continue
                # Small archives can claim sparse files of any size.
                if member.issparse():
                    raise tarfile.TarError(f"{member.name!r} is a sparse file")
                archive.extract(member, directory, filter="data")
    except OSError as error:
        # Decompressors raise OSError too, but without a number.
        if error.errno is not None:
            raise
        reason = error
    except (tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        reason = error
    else:
        return
    raise ValueError(
        f"{path} is refused: {reason}. Expected a tar archive of a TensorFlow "
        "checkpoint. Fetch it again; or, if you trust it, extract it and pass "
        "the prefix of the checkpoint."
    )


def _only_prefix(directory, path):
    """The prefix of the latest or the only checkpoint in a directory.

    Args:
        directory: pathlib.Path.
        path: The name of the directory in errors.
    """
    import tensorflow as tf

    prefixes = [p.with_suffix("") for p in sorted(directory.rglob("*.index"))]
    state = tf.train.get_checkpoint_state(directory)
    if state:
        # Its directory is often that of the machine that trained.
        latest = directory / pathlib.Path(state.model_checkpoint_path).name
        if latest in prefixes:
            return latest
    if len(prefixes) == 1:
        return prefixes[0]
    if not prefixes:
        raise FileNotFoundError(
            f"There is no checkpoint in {path}. Expected files such as "
            "model.ckpt.index and model.ckpt.data-00000-of-00001."
        )
    names = ", ".join(str(p.relative_to(directory)) for p in prefixes)
    raise ValueError(
        f"There are several checkpoints in {path}: {names}. Pass the path of "
        "one of them."
    )
