"""Writing a preset."""

import json
import pathlib
import shutil
import tempfile

import ml_dtypes
import numpy as np
from keras import ops
from safetensors.numpy import save_file

from keras_colorize._version import __version__
from keras_colorize.presets.files import CARD
from keras_colorize.presets.files import CONFIG
from keras_colorize.presets.files import WEIGHTS
from keras_colorize.presets.weights import weights_of

STORAGE_DTYPES = (None, "float32", "float16", "bfloat16")


def save_preset(model, directory, class_name, config, card, dtype=None):
    """Writes a preset beside its place, then moves it there.

    Args:
        model: Keras model.
        directory: Path; must not exist, or be an empty directory.
        class_name: str. The model's class.
        config: dict. Its arguments, in JSON's types.
        card: str. The model card, Markdown.
        dtype: str or None. Storage of float weights.
    """
    directory = pathlib.Path(directory)
    if dtype not in STORAGE_DTYPES:
        raise ValueError(
            f"dtype is {dtype!r}. Expected one of {STORAGE_DTYPES}."
        )
    if directory.exists() and not (
        directory.is_dir() and not any(directory.iterdir())
    ):
        raise FileExistsError(
            f"{directory} exists already. Choose another place or remove it."
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = pathlib.Path(
        tempfile.mkdtemp(prefix=".keras_colorize-", dir=directory.parent)
    )
    try:
        content = {
            "class_name": class_name,
            "config": config,
            "keras_colorize_version": __version__,
        }
        text = json.dumps(content, indent=2) + "\n"
        (partial / CONFIG).write_text(text, encoding="utf-8")
        (partial / CARD).write_text(card, encoding="utf-8")
        save_weights(model, partial / WEIGHTS, dtype)
        # mkdtemp and safetensors make theirs private; a preset is shared.
        partial.chmod(0o755)
        (partial / WEIGHTS).chmod((partial / CONFIG).stat().st_mode)
        partial.replace(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def save_weights(model, path, dtype=None):
    """Writes the weights of a model to a safetensors file.

    Args:
        model: Keras model.
        path: Path of the new file.
        dtype: str or None. Storage of float weights: `"float32"`,
            `"float16"`, `"bfloat16"`, or None for each as it is.
    """
    arrays = {}
    for name, variable in weights_of(model).items():
        array = np.asarray(ops.convert_to_numpy(variable.value))
        if dtype and np.issubdtype(array.dtype, np.floating):
            with np.errstate(over="ignore"):
                array = array.astype(_numpy_dtype(dtype))
            if not np.isfinite(array.astype("float32")).all():
                raise ValueError(
                    f"The weight {name} has values that {dtype} cannot hold. "
                    "Save it as float32."
                )
        arrays[name] = array
    save_file(arrays, path)


def _numpy_dtype(dtype):
    return ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
