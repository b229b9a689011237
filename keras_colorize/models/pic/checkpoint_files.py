"""Finding and opening TensorFlow checkpoints."""

import contextlib
import pathlib
import re
import tempfile

from keras_colorize.models.pic.checkpoint_archive import extract_checkpoint

_PART = re.compile(r"\.(index|meta|data-\d+-of-\d+)$")


@contextlib.contextmanager
def open_checkpoint(path):
    """Opens a TensorFlow checkpoint for reading, by TensorFlow's own reader.

    Args:
        path: str or path. The checkpoint's prefix, such as `model.ckpt`, or
            one of its files; a directory that holds it; or a tar archive that
            holds it, which is extracted into a temporary directory while the
            checkpoint is open.

    Yields:
        A `CheckpointReader`.

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If a directory or archive holds several and does not say
            which is the latest; if the checkpoint is damaged.
    """
    path = pathlib.Path(path)
    with tempfile.TemporaryDirectory() as temporary:
        prefix = _locate(path, pathlib.Path(temporary))
        yield CheckpointReader(path, prefix)


class CheckpointReader:
    """What `tf.train.load_checkpoint` gives, with clear errors.

    Args:
        path: pathlib.Path. What to call the checkpoint in errors.
        prefix: pathlib.Path.

    Raises:
        ValueError: Each of its methods, too, if the checkpoint is damaged.
    """

    def __init__(self, path, prefix):
        # Imported here because nothing else needs tensorflow on other backends.
        import tensorflow as tf

        self._path = path
        with self._clear_errors():
            self._reader = tf.train.load_checkpoint(str(prefix))

    def get_variable_to_shape_map(self):
        with self._clear_errors():
            return self._reader.get_variable_to_shape_map()

    def get_variable_to_dtype_map(self):
        with self._clear_errors():
            return self._reader.get_variable_to_dtype_map()

    def get_tensor(self, name):
        with self._clear_errors():
            return self._reader.get_tensor(name)

    @contextlib.contextmanager
    def _clear_errors(self):
        import tensorflow as tf

        try:
            yield
        except tf.errors.ResourceExhaustedError:
            raise
        except (tf.errors.OpError, IndexError) as error:
            # Where a file is cut short, the reader raises IndexError.
            raise ValueError(
                f"The checkpoint {self._path} is damaged: {error}. Fetch it "
                "again."
            ) from error


def _locate(path, temporary):
    """The prefix of the checkpoint that a path means."""
    if path.is_dir():
        return _complete(_prefix_in(path))
    prefix = path.with_name(_PART.sub("", path.name))
    if _index(prefix).is_file():
        return _complete(prefix)
    if path.is_file():
        return _complete(extract_checkpoint(path, temporary))
    raise FileNotFoundError(
        f"There is no checkpoint {path}. Expected the prefix of a TensorFlow "
        "checkpoint (model.ckpt, where there are model.ckpt.index and "
        "model.ckpt.data-00000-of-00001), its directory or its tar archive."
    )


def _prefix_in(directory):
    """The prefix that a directory's state file names, or its only one."""
    import tensorflow as tf

    prefixes = sorted(
        path.with_suffix("") for path in directory.glob("*.index")
    )
    state = tf.train.get_checkpoint_state(directory)
    if state:
        # Its folder is often one of the machine that wrote it.
        latest = directory / pathlib.Path(state.model_checkpoint_path).name
        if latest in prefixes:
            return latest
    if len(prefixes) == 1:
        return prefixes[0]
    if not prefixes:
        raise FileNotFoundError(
            f"There is no checkpoint in {directory}. Expected files such as "
            "model.ckpt.index and model.ckpt.data-00000-of-00001."
        )
    names = ", ".join(prefix.name for prefix in prefixes)
    raise ValueError(
        f"There are several checkpoints in {directory}: {names}. Pass the path "
        "of one of them."
    )


def _index(prefix):
    return prefix.with_name(f"{prefix.name}.index")


def _complete(prefix):
    """The prefix itself, if there are values beside its index."""
    start = f"{prefix.name}.data-"
    if not any(p.name.startswith(start) for p in prefix.parent.iterdir()):
        raise FileNotFoundError(
            f"The values of the checkpoint {prefix} are missing. Expected "
            f"{start}00000-of-00001 or the like beside {_index(prefix).name}."
        )
    return prefix
