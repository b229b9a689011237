"""Models to export, and the exported files' chroma."""

import keras
import numpy as np

from tests.models.cic.test_cic_colorizer import small_model as small_cic
from tests.models.hypercolumn.test_hypercolumn_colorizer import (
    small_model as small_hypercolumn,
)
from tests.models.mdn.small import small_mdn
from tests.models.pixcolor.small import small_pixcolor
from tests.models.small import small_pic


def _sharpened(model, layer):
    """The model with histograms that are not nearly flat."""
    layer.kernel.assign(30.0 * layer.kernel)
    return model


def _hypercolumn(distribution):
    model = small_hypercolumn(distribution)
    if distribution == "lab_l2":
        return model
    return _sharpened(model, model.logits)


def _cic():
    model = small_cic()
    return _sharpened(model, model.network.get_layer("conv8_313"))


def pixcolor():
    model = small_pixcolor(embedding_loss_weight=0.5)
    return _sharpened(model, model.embedding_logits)


MODELS = {
    "hue_chroma": lambda: _hypercolumn("hue_chroma"),
    "lab": lambda: _hypercolumn("lab"),
    "lab_joint": lambda: _hypercolumn("lab_joint"),
    "lab_l2": lambda: _hypercolumn("lab_l2"),
    "cic": _cic,
    "mdn": small_mdn,
    "pixcolor": pixcolor,
    "pic": lambda: small_pic(num_blocks=0, image_size=16),
}


def model_named(name):
    keras.utils.set_random_seed(0)
    return MODELS[name]()


def expected_chroma(model, gray):
    """The chroma `(N, h, w, 2)` of `generate`, of gray `(N, H, W)`."""
    readout = model.default_readout(drawn=False)
    readout = "mean" if readout == "sample" else readout
    _, chroma = model.generate(
        gray, readout=readout, return_chroma=True, verbose=0
    )
    return chroma[:, 0]


def photographs(*shape):
    return np.random.default_rng(0).random(shape, dtype="float32")
