import h5py
import numpy as np
import pytest
from keras import ops

from keras_colorize import Colorizer
from keras_colorize import ColorizerHypercolumn
from keras_colorize.models.hypercolumn import convert_checkpoint
from tests.models import released_hypercolumn

WIDTH = 1 / 32


def gray_images(height, width, count=2, seed=0):
    """Smooth and noisy at once, from black to white."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((count, -(-height // 8), -(-width // 8)))
    images = np.kron(coarse, np.ones((8, 8)))[:, :height, :width]
    noise = 0.3 * rng.standard_normal((count, height, width))
    return np.clip(images + noise, 0, 1).astype("float32")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "autocolorize.caffemodel.h5"
    released_hypercolumn.write(path, WIDTH)
    return path


@pytest.fixture(scope="module")
def model(path):
    return convert_checkpoint(path, width=WIDTH)


@pytest.fixture
def one_file(tmp_path):
    released_hypercolumn.write(tmp_path / "one.h5", WIDTH)
    return tmp_path / "one.h5"


def assert_stated(model, path, gray):
    """Both resolutions of histograms are those of the statement."""
    network = released_hypercolumn.Network(path)
    for full, stated in ((False, network), (True, network.full_resolution)):
        found = model.histograms(gray, full_resolution=full)
        assert set(found) == {"hue", "chroma"}
        both = np.concatenate([found["hue"], found["chroma"]], axis=-1)
        expected = np.stack([stated(image) for image in gray])
        assert both.dtype == np.float32 and both.shape == expected.shape
        np.testing.assert_allclose(both, expected, atol=1e-5, rtol=0)
        # Other histograms at other places, far from flat.
        assert expected.max() > 0.2 and expected.std(axis=(1, 2)).max() > 0.02


class TestConvertCheckpoint:
    # 3 x 2 cells of the coarsest map; one cell; sizes that pooling rounds up.
    @pytest.mark.parametrize("size", [(96, 64), (32, 32), (44, 36)])
    def test_against_the_statement(self, model, path, size):
        assert_stated(model, path, gray_images(*size))

    @pytest.mark.parametrize("revision", ["2016", "mid-2017"])
    def test_earlier_revisions(self, tmp_path, revision):
        path = tmp_path / "autocolorize.caffemodel.h5"
        released_hypercolumn.write(path, WIDTH, revision)
        model = convert_checkpoint(path, width=WIDTH)
        assert_stated(model, path, gray_images(64, 32, count=1))

    @pytest.mark.slow
    def test_full_width(self, tmp_path):
        path = tmp_path / "autocolorize.caffemodel.h5"
        released_hypercolumn.write(path, revision="2016")
        model = convert_checkpoint(path)
        assert model.network.count_params() == 147_041_024
        assert_stated(model, path, gray_images(64, 32, count=1))

    def test_histograms_fade_at_the_border(self, model):
        gray = gray_images(64, 64)
        for values in model.histograms(gray).values():
            np.testing.assert_allclose(values.sum(-1), 1.0, atol=1e-5)
        for values in model.histograms(gray, full_resolution=True).values():
            total = values.sum(-1)
            np.testing.assert_allclose(total[:, 2:-2, 2:-2], 1.0, atol=1e-5)
            np.testing.assert_allclose(total[:, 0, 0], 0.625**2, atol=1e-5)
            np.testing.assert_allclose(total[:, 1, 9], 0.875, atol=1e-5)

    def test_sparse_training_computes_the_same(self, model):
        gray = 2.0 * gray_images(64, 64)[..., None] - 1.0
        dense = ops.convert_to_numpy(model.network(gray)["logits"])
        points = np.random.default_rng(0).integers(0, 16, (2, 128, 2))
        points[:, :4] = [[0, 0], [15, 15], [0, 15], [15, 0]]
        sparse = model.sparse_network([gray, points.astype("int32")])
        for image, (rows, columns) in enumerate(points.swapaxes(1, 2)):
            np.testing.assert_allclose(
                ops.convert_to_numpy(sparse["logits"])[image],
                dense[image, rows, columns],
                atol=1e-4,
            )

    def test_options_are_the_released_programs(self, model):
        config = model.get_config()
        expected = {
            "distribution": "hue_chroma",
            "image_size": 512,
            "chroma_factor": 4,
            "hidden_filters": 0,
            "chromatic_fading": True,
            "border": "zeros",
            "pad_to_square": True,
            "antialias": False,
            "released_readouts": True,
        }
        assert {name: config[name] for name in expected} == expected
        assert model.readouts[0] == "median"

    def test_preset(self, one_file, tmp_path):
        model = convert_checkpoint(one_file, tmp_path / "preset", WIDTH)
        again = Colorizer.from_preset(tmp_path / "preset")
        assert type(again) is ColorizerHypercolumn
        gray = gray_images(32, 32)
        expected = model.histograms(gray)
        for name, values in again.histograms(gray).items():
            np.testing.assert_array_equal(values, expected[name])
        card = (tmp_path / "preset" / "README.md").read_text()
        for words in ("`one.h5`", "ask them before", "24.94", "1603.06668"):
            assert words in card
        assert str(tmp_path) not in card


def change(path, name, value):
    with h5py.File(path, "a") as file:
        del file[name]
        if value is not None:
            file[name] = value


class TestErrors:
    def test_no_file(self, tmp_path):
        for path in (tmp_path / "none.h5", tmp_path):
            with pytest.raises(FileNotFoundError, match="Expected the HDF5"):
                convert_checkpoint(path)

    def test_not_hdf5(self, tmp_path):
        path = tmp_path / "autocolorize.caffemodel.h5"
        path.write_bytes(b"\x0a\x07VGG_16" * 100)
        with pytest.raises(ValueError, match="is not an HDF5 file"):
            convert_checkpoint(path)

    def test_cut_short(self, one_file):
        one_file.write_bytes(one_file.read_bytes()[:-1000])
        with pytest.raises(ValueError, match="is damaged: fetch it again"):
            convert_checkpoint(one_file, width=WIDTH)

    def test_missing_layers(self, one_file):
        change(one_file, "data/h_fc1", None)
        # Without its bias, and a group in place of the weights.
        change(one_file, "data/conv3_2/1", None)
        change(one_file, "data/prediction_c/0", None)
        with h5py.File(one_file, "a") as file:
            file.create_group("data/prediction_c/0")
        with pytest.raises(
            ValueError, match="of conv3_2, h_fc1, prediction_c. Expected"
        ):
            convert_checkpoint(one_file, width=WIDTH)

    @pytest.mark.parametrize(
        "name, shape, expected",
        [
            ("conv1_2/0", (2, 2, 5, 5), r"\(2, 2, 3, 3\) and"),
            ("conv1_2/0", (2, 18), r"\(2, 2, 3, 3\) and"),
            ("fc6/0", (128, 7, 7, 16), r"\(128, 16, 7, 7\) or \(128, 784\)"),
            ("h_fc1/0", (32, 388), r"\(32, 389, 1, 1\) or \(32, 389\)"),
            ("prediction_h/1", (32, 1), r"\(32,\) and"),
        ],
    )
    def test_wrong_shape(self, one_file, name, shape, expected):
        change(one_file, f"data/{name}", np.zeros(shape, "float32"))
        with pytest.raises(ValueError, match=expected) as error:
            convert_checkpoint(one_file, width=WIDTH)
        assert f"/data/{name} of" in str(error.value)
        assert f"the shape {shape}" in str(error.value)

    def test_narrow_weights_for_the_full_width(self, one_file):
        with pytest.raises(ValueError, match="conv1_1/0 .*pass width"):
            convert_checkpoint(one_file)

    @pytest.mark.parametrize("dtype", ["float64", "int32"])
    def test_wrong_dtype(self, one_file, dtype):
        change(one_file, "data/fc7/1", np.zeros(128, dtype))
        with pytest.raises(ValueError, match=f"fc7/1 .*{dtype}. Expected"):
            convert_checkpoint(one_file, width=WIDTH)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_values_that_are_not_finite(self, one_file, value):
        with h5py.File(one_file, "a") as file:
            file["data/conv5_1/0"][3, 2, 1, 0] = value
        with pytest.raises(ValueError, match="conv5_1/0 .* not finite"):
            convert_checkpoint(one_file, width=WIDTH)

    @pytest.mark.parametrize("kind", ["raw", "virtual", "link"])
    def test_values_of_other_files(self, one_file, tmp_path, kind):
        secret = np.ones(2, "float32")
        (tmp_path / "secret").write_bytes(secret.tobytes())
        with h5py.File(tmp_path / "other.h5", "w") as other:
            other["values"] = secret
        name = "data/conv1_1/1"
        with h5py.File(one_file, "a") as file:
            del file[name]
            if kind == "raw":
                external = [(str(tmp_path / "secret"), 0, 8)]
                file.create_dataset(name, (2,), "float32", external=external)
            elif kind == "virtual":
                layout = h5py.VirtualLayout((2,), "float32")
                layout[:] = h5py.VirtualSource(
                    tmp_path / "other.h5", "values", (2,)
                )
                file.create_virtual_dataset(name, layout)
            else:
                file[name] = h5py.ExternalLink("other.h5", "values")
        with pytest.raises(ValueError, match="values are in another"):
            convert_checkpoint(one_file, width=WIDTH)

    def test_existing_preset_is_refused_before_any_work(self, tmp_path):
        (tmp_path / "preset").touch()
        with pytest.raises(FileExistsError, match="exists already"):
            convert_checkpoint(tmp_path / "none.h5", tmp_path / "preset")
