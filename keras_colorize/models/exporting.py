"""Colorizers as files that run without this package."""

import importlib.util
import os
import pathlib
import shutil
import uuid

import keras

# The name of a format in Keras, and the ending of files that Keras asks for.
_FORMATS = {
    "onnx": ("onnx", ".onnx"),
    "saved_model": ("tf_saved_model", ""),
    "litert": ("litert", ".tflite"),
}


class _Coloring(keras.Model):
    """Gray in [0, 1] to chroma in units of the color space."""

    def __init__(self, colorizer):
        super().__init__(name="colorizer")
        # A function. Keras would save all weights of a colorizer here.
        self.best_chroma = colorizer.best_chroma()
        self.color_space = colorizer.color_space
        self.built = True

    def call(self, gray):
        space = self.color_space
        gray = space.normalize_luminance(space.luminance(gray))
        return {space.name: space.denormalize(self.best_chroma(gray))}


def export_colorizer(colorizer, path, format="onnx"):
    """See `Colorizer.export_colorizer`."""
    path = pathlib.Path(path)
    if format not in _FORMATS:
        raise ValueError(
            f"format is {format!r}. Expected one of {', '.join(_FORMATS)}."
        )
    if os.path.lexists(path):
        raise FileExistsError(
            f"{path} exists already. Choose another place or remove it."
        )
    model = _Coloring(colorizer)
    _check_precision(colorizer)
    _check_packages(format)
    shape = (None, *colorizer.network.inputs[0].shape[1:])
    partial = path.parent / f".keras_colorize-{uuid.uuid4().hex}"
    partial.mkdir(parents=True)
    try:
        name, ending = _FORMATS[format]
        made = partial / f"model{ending}"
        model.export(
            str(made),
            name,
            verbose=False,
            input_signature=[
                keras.InputSpec(shape=shape, dtype="float32", name="gray")
            ],
        )
        made.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_precision(colorizer):
    policy = colorizer.dtype_policy
    if policy.compute_dtype != "float32":
        raise ValueError(
            f"The dtype policy of the model is {policy.name!r}. Expected "
            "float32, which all formats have: load the model again with "
            "dtype='float32'."
        )


def _check_packages(format):
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ValueError(
            f"The Keras backend is {backend!r}, from which Keras does not "
            "export pictures of any size. Expected tensorflow: save the model "
            "with save_to_preset, and export the preset in a program with "
            "KERAS_BACKEND=tensorflow."
        )
    if format == "onnx" and importlib.util.find_spec("tf2onnx") is None:
        raise ImportError(
            "The format 'onnx' needs tf2onnx, which is not installed. Install "
            "it with pip install 'keras-colorize[onnx]', or use the format "
            "'saved_model' or 'litert'."
        )
