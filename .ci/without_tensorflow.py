"""Imports the package and colors a photograph where there is no tensorflow."""

import importlib.abc
import sys

import numpy as np


class NoTensorFlow(importlib.abc.MetaPathFinder):
    """Makes tensorflow impossible to import."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError("No module named 'tensorflow'")
        return None


sys.meta_path.insert(0, NoTensorFlow())

import keras  # noqa: E402

import keras_colorize  # noqa: E402

assert keras.backend.backend() == "jax"
model = keras_colorize.ColorizerPIC.from_preset("pic_tinyimagenet64")
gray = np.tile(np.linspace(0, 255, 96, dtype="uint8"), (64, 1))
photos = model.generate(gray, num_samples=2, seed=0, verbose=0)
assert photos.shape == (2, 64, 96, 3) and photos.dtype == np.uint8
assert (photos[0] != photos[1]).any()
assert "tensorflow" not in sys.modules
print("jax without tensorflow: fine")
