import keras
import numpy as np
import pytest

from keras_colorize import RefinementNetwork
from keras_colorize.color import rgb_to_ycbcr
from tests.layers.layer_checks import to_numpy
from tests.models.pixcolor.small import pictures
from tests.models.pixcolor.test_pixcolor_colorizer import bins
from tests.models.pixcolor.test_pixcolor_colorizer import size_of


def enlarged(chroma, factor):
    """Bilinear interpolation between the centers of cells, in NumPy."""
    for axis in (1, 2):
        old = chroma.shape[axis]
        place = (np.arange(old * factor) + 0.5) / factor - 0.5
        weights = np.maximum(
            1 - np.abs(np.clip(place, 0, old - 1)[:, None] - np.arange(old)), 0
        )
        chroma = np.moveaxis(np.tensordot(weights, chroma, (1, axis)), 0, axis)
    return chroma


class TestRefinementNetwork:
    def test_the_papers_size(self):
        network = RefinementNetwork()
        assert size_of(network.weights) == pytest.approx(34.3e6, rel=2e-3)
        layers = network.network.layers
        kernels = sum(
            np.prod(layer.v.shape) for layer in layers if hasattr(layer, "v")
        )
        # Table 2, with the outputs of mid-level and global features joined.
        table = [
            *[(3, 3, 64), (3, 64, 128), (3, 128, 128), (3, 128, 256)],
            *[(3, 256, 256), (3, 256, 512), (3, 512, 512), (3, 512, 256)],
            *[(3, 512, 512)] * 4,
            *[(5, 512, 1024), (3, 1024, 512), (3, 768, 128), (3, 128, 128)],
            *[(3, 128, 64), (3, 64, 64), (3, 64, 32), (3, 32, 32)],
        ]
        assert kernels == sum(k * k * a * b for k, a, b in table)

    @pytest.mark.parametrize("factor, size", [(8, 24), (4, 16)])
    def test_starts_as_bilinear_enlarging_of_bins(self, factor, size):
        rgb = pictures(3, size)
        network = RefinementNetwork(4, chroma_factor=factor)
        outputs = network(rgb)
        small = (bins(rgb, factor) * 8 - 128) / 128
        np.testing.assert_allclose(
            to_numpy(outputs["targets"]["small_chroma"]), small, atol=1e-6
        )
        expected = enlarged(small, factor)
        np.testing.assert_allclose(
            to_numpy(outputs["chroma"]), expected, atol=1e-5
        )
        true = (to_numpy(rgb_to_ycbcr(rgb))[..., 1:] - 128) / 128
        losses = network.losses_of(outputs, outputs["targets"])
        np.testing.assert_allclose(
            to_numpy(losses["l1"]),
            np.abs(true - expected).mean((1, 2, 3)),
            rtol=1e-4,
        )

    @pytest.mark.slow
    def test_fit_lowers_the_loss(self):
        keras.utils.set_random_seed(0)
        # An edge of color and light that crosses the cells.
        rgb = pictures(8, 48) // 2
        rgb[:, :, 21:] = 255 - rgb[:, :, 21:]
        network = RefinementNetwork(8)
        network.compile(keras.optimizers.Adam(0.001))
        history = network.fit(rgb, batch_size=8, epochs=40, verbose=0)
        assert network.is_prepared
        assert history.history["l1"][-1] < 0.9 * history.history["l1"][0]

    @pytest.mark.usefixtures("uncompiled")
    def test_refined_in_units(self):
        network = RefinementNetwork(4)
        rgb = pictures(2, 24)
        network.prepare(rgb)
        last = network.network.get_layer("last")
        last.kernel.assign(0.1 * np.ones(last.kernel.shape))
        outputs = network(rgb)
        small = 128 * outputs["targets"]["small_chroma"]
        luminance = rgb_to_ycbcr(rgb)[..., :1]
        found = to_numpy(network.refined(luminance, small))
        expected = 128 * to_numpy(outputs["chroma"])
        np.testing.assert_allclose(found, expected, atol=1e-3)
        plain = enlarged(to_numpy(small), 8)
        assert np.abs(found - plain).max() > 1

    @pytest.mark.parametrize(
        "factor, size", [(8, (8, 40)), (4, (20, 12)), (2, (14, 6))]
    )
    def test_any_size(self, factor, size):
        network = RefinementNetwork(4, chroma_factor=factor)
        network.prepare(pictures(2, 24))
        network.network.get_layer("last").bias.assign([0.25, -0.5])
        outputs = network(np.full((1, *size, 3), 100, "uint8"))
        # Of gray, all that the network adds is the bias.
        expected = np.broadcast_to([0.25, -0.5], (1, *size, 2))
        np.testing.assert_allclose(
            to_numpy(outputs["chroma"]), expected, atol=1e-6
        )

    def test_save_and_load(self, tmp_path):
        network = RefinementNetwork(4, chroma_factor=4, num_bins=16)
        network.prepare(pictures())
        network.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        assert again.get_config() == network.get_config()
        assert again.is_prepared
        np.testing.assert_array_equal(
            *(to_numpy(m(pictures())["chroma"]) for m in (network, again))
        )

    def test_metrics_of_compile(self):
        network = RefinementNetwork(4)
        network.compile(metrics=["mae"])
        logs = network.evaluate(pictures(2, 24), verbose=0, return_dict=True)
        assert logs["mae"] == pytest.approx(logs["l1"], rel=1e-5)
