import warnings

import numpy as np
import pytest
from keras import ops

from keras_colorize import ColorizerCVAE
from keras_colorize import ColorizerMDN
from keras_colorize.models.mdn import convert_checkpoint
from keras_colorize.presets.shape_check import shape_check
from tests.models.mdn import released_mdn
from tests.models.released_checkpoints import write

FILTERS = (4, 6, 8, 10)
LATENTS = 3
SIZE = 32
RNG = np.random.default_rng(0)
FIELD = RNG.uniform(-0.8, 0.8, (2, SIZE, SIZE, 2)).astype("float32")
GRAY = RNG.uniform(-1, 1, (2, SIZE, SIZE, 1)).astype("float32")
CODES = RNG.normal(size=(2, LATENTS)).astype("float32")


def vae_values(skips=True):
    shapes = released_mdn.vae_shapes(FILTERS, LATENTS, SIZE // 16, skips)
    return released_mdn.values_of(shapes)


def mdn_values():
    outputs = 8 * LATENTS + 8
    return released_mdn.values_of(
        released_mdn.mdn_shapes(32, (5, 6, 4, 3, 2), 2, 7, outputs), seed=1
    )


def written(path, values):
    write(path, released_mdn.with_state_of_adam(values))
    return path


def assert_close(found, expected):
    found = ops.convert_to_numpy(found)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


class TestVAE:
    @pytest.mark.parametrize("skips", [True, False])
    def test_outputs(self, tmp_path, skips):
        values = vae_values(skips)
        model = convert_checkpoint(written(tmp_path / "vae", values))
        assert type(model) is ColorizerCVAE
        vae, expected = model.vae, released_mdn.Network(values)
        assert vae.conditioning == ("skips" if skips else "gradients")
        for found, value in zip(
            vae.encode(FIELD, GRAY), expected.encode(FIELD)
        ):
            assert np.std(value) > 0.1
            assert_close(found, value)
        field = expected.decode(CODES, GRAY)
        assert np.std(field) > 0.1 and np.abs(field[0] - field[1]).max() > 0.1
        assert_close(vae.decode(CODES, GRAY), field)

    def test_quadrants_are_the_sheets(self):
        """What the program does: the vector, reinterpreted."""
        vector = FIELD.transpose(0, 3, 1, 2).reshape(2, -1)
        np.testing.assert_array_equal(
            released_mdn.quadrants(FIELD), vector.reshape(FIELD.shape)
        )


class TestMDN:
    def converted(self, path, **cic):
        return convert_checkpoint(
            written(path / "vae", vae_values()),
            written(path / "mdn", mdn_values()),
            **cic,
        )

    def test_outputs(self, tmp_path):
        with pytest.warns(UserWarning, match="encoder has random weights"):
            model = self.converted(tmp_path)
        assert type(model) is ColorizerMDN
        assert (model.image_size, model.num_components) == (32, 8)
        assert_close(
            model.vae.decode(CODES, GRAY),
            released_mdn.Network(vae_values()).decode(CODES, GRAY),
        )
        features = RNG.random((2, 4, 4, 32), "float32")
        expected = released_mdn.Network(mdn_values()).mixture(features)
        for found, value in zip(model.mixture(features), expected):
            assert np.std(value) > 0.01
            assert_close(found, value)

    def test_preset_round_trip(self, tmp_path):
        with pytest.warns(UserWarning):
            model = self.converted(tmp_path)
        model.save_to_preset(tmp_path / "preset")
        again = ColorizerMDN.from_preset(tmp_path / "preset")
        assert again.vae.layout == "quadrants"
        gray = RNG.integers(0, 256, (20, 24), dtype="uint8")
        np.testing.assert_array_equal(
            again.generate(gray, verbose=0), model.generate(gray, verbose=0)
        )


class TestErrors:
    def refused(self, path, values, match):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ValueError, match=match):
                convert_checkpoint(written(path / "vae", values))

    def test_missing_variable(self, tmp_path):
        values = vae_values()
        del values["Inference/BN3/gamma"]
        self.refused(tmp_path, values, "Missing: Inference/BN3/gamma")

    def test_unknown_variable(self, tmp_path):
        values = vae_values() | {"Inference/more": np.zeros(2, "float32")}
        self.refused(tmp_path, values, "Unknown: Inference/more")

    def test_another_shape(self, tmp_path):
        values = vae_values()
        values["Inference/W_deconv2"] = np.zeros((5, 5, 1, 8), "float32")
        self.refused(tmp_path, values, r"shape \(5, 5, 1, 8\)")

    def test_not_finite(self, tmp_path):
        values = vae_values()
        values["Inference/b_conv2"][0] = np.nan
        self.refused(tmp_path, values, "not finite")

    def test_networks_swapped(self, tmp_path):
        self.refused(tmp_path, mdn_values(), "first that of the VAE")


class TestPublishedSizes:
    """Names, shapes and numbers of parameters of the authors' networks."""

    PARAMETERS = {True: 46_085_958, False: 32_877_190}

    @pytest.mark.parametrize("skips", [True, False])
    def test_parameters_of_the_vae(self, skips):
        shapes = released_mdn.vae_shapes((128, 256, 512, 1024), 64, 4, skips)
        trainable = [s for n, s in shapes.items() if "moving" not in n]
        count = sum(map(np.prod, trainable))
        assert count == self.PARAMETERS[skips]
        config = {"conditioning": "skips" if skips else "gradients"}
        assert self.count({"vae": config}, ColorizerCVAE, "vae_") == count

    def test_parameters_of_the_network(self):
        shapes = released_mdn.mdn_shapes(
            512, (384, 320, 288, 256, 128), 14, 4096, 520
        )
        trainable = [s for n, s in shapes.items() if "moving" not in n]
        assert sum(map(np.prod, trainable)) == 117_851_336
        assert self.count({"vae": {}}, ColorizerMDN, "mdn") == 117_851_336

    def count(self, config, cls, prefix):
        expected = shape_check(cls, config, "float32", "test")
        return sum(
            np.prod(weight.shape)
            for name, weight in expected.items()
            if name.startswith(prefix) and "moving" not in name
        )
