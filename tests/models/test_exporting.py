"""Exported files against `generate`, in the programs that run the files."""

import importlib.util

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize import ColorizerCVAE
from tests.models.exported import MODELS
from tests.models.exported import expected_chroma
from tests.models.exported import model_named
from tests.models.exported import photographs
from tests.models.exported import pixcolor
from tests.models.mdn.small import small_mdn
from tests.models.mdn.small import small_vae
from tests.models.pixcolor.small import small_pixcolor
from tests.models.small import small_pic

on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="Keras exports pictures of any size from tensorflow alone",
)


def run_onnx(path, gray, name):
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    return session.run([name], {"gray": gray})[0]


def run_saved_model(path, gray, name):
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    return loaded.serve(gray)[name].numpy()


def run_litert(path, gray, name):
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(path))
    return interpreter.get_signature_runner()(gray=gray)[name]


RUN = {
    "onnx": run_onnx,
    "saved_model": run_saved_model,
    "litert": run_litert,
}
CASES = [
    *(("onnx", name) for name in MODELS),
    ("saved_model", "lab_joint"),
    ("saved_model", "mdn"),
    *(("litert", name) for name in MODELS),
]


@on_tensorflow
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestOutputs:
    @pytest.mark.parametrize("format,name", CASES)
    def test_chroma_of_generate(self, tmp_path, format, name):
        model = model_named(name)
        path = tmp_path / "model"
        model.export_colorizer(path, format)
        assert [x.name for x in tmp_path.iterdir()] == ["model"]
        shapes = [(2, 16, 16), (1, 16, 16)]
        if name != "mdn":
            # Of a grid of the model, so that generate does not resize them.
            grid = model.grid_of(20, 30)
            shapes += [(3, *(model.chroma_factor * side for side in grid))]
        for shape in shapes:
            gray = photographs(*shape)
            expected = expected_chroma(model, gray)
            assert np.std(expected) > 0.01
            found = RUN[format](path, gray[..., None], model.color_space.name)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)

    def test_weights_that_are_not_used_stay_out(self, tmp_path):
        import tensorflow as tf

        model = pixcolor()
        model.export_colorizer(tmp_path / "model", "saved_model")
        saved = tf.train.load_checkpoint(
            str(tmp_path / "model/variables/variables")
        ).get_variable_to_shape_map()
        del saved["_CHECKPOINTABLE_OBJECT_GRAPH"]
        used = model.embedding_network.weights + model.embedding_logits.weights
        assert len(saved) == len(used) < len(model.weights)


class TestBestChroma:
    def test_pic_with_blocks_takes_its_embedding(self):
        model = small_pic()
        rgb = np.random.default_rng(0).integers(
            0, 256, (2, 8, 8, 3), dtype="uint8"
        )
        outputs = model(rgb)
        targets = outputs["targets"]
        expected = model.head.mean(
            model.distributions(outputs)["embedding"], targets["luminance"]
        )
        found = model.best_chroma()(targets["gray"])
        np.testing.assert_allclose(
            *map(ops.convert_to_numpy, (found, expected)), atol=1e-5
        )

    @pytest.mark.parametrize(
        "model",
        [
            lambda: small_pic(embedding_loss_weight=0.0),
            small_pixcolor,
            lambda: ColorizerCVAE(small_vae()),
        ],
    )
    def test_random_colorings_alone(self, model, tmp_path):
        with pytest.raises(ValueError, match="drawn from random numbers"):
            model().export_colorizer(tmp_path / "model")
        assert not any(tmp_path.iterdir())


class TestErrors:
    """Errors leave nothing behind; those of arguments come first."""

    @pytest.fixture(autouse=True)
    def no_work(self, monkeypatch):
        def export(*args, **kwargs):
            raise AssertionError("exported")

        monkeypatch.setattr(keras.Model, "export", export)

    @pytest.mark.parametrize("format", ["tf", "", None])
    def test_unknown_format(self, format, tmp_path):
        with pytest.raises(ValueError, match="Expected one of onnx, saved_m"):
            small_mdn().export_colorizer(tmp_path / "model", format)

    def test_path_that_exists(self, tmp_path):
        path = tmp_path / "model.onnx"
        path.write_bytes(b"mine")
        with pytest.raises(FileExistsError, match="model.onnx exists already"):
            small_mdn().export_colorizer(path)
        assert path.read_bytes() == b"mine"

    def test_other_precision(self, tmp_path):
        model = pixcolor()
        model.dtype_policy = keras.DTypePolicy("mixed_bfloat16")
        with pytest.raises(ValueError, match="again with dtype='float32'"):
            model.export_colorizer(tmp_path / "model")

    @on_tensorflow
    def test_missing_package(self, tmp_path, monkeypatch):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(ImportError, match=r"keras-colorize\[onnx\]"):
            small_mdn().export_colorizer(tmp_path / "model")

    @pytest.mark.skipif(
        keras.backend.backend() == "tensorflow", reason="not an error there"
    )
    def test_other_backends(self, tmp_path):
        with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
            small_mdn().export_colorizer(tmp_path / "model")

    @on_tensorflow
    @pytest.mark.parametrize("format", ["onnx", "saved_model", "litert"])
    def test_failure_leaves_nothing(self, format, tmp_path, monkeypatch):
        def export(self, path, *args, **kwargs):
            with open(path, "wb") as file:
                file.write(b"half")
            raise OSError("disk full")

        monkeypatch.setattr(keras.Model, "export", export)
        with pytest.raises(OSError, match="disk full"):
            small_mdn().export_colorizer(tmp_path / "model", format)
        assert not any(tmp_path.iterdir())
