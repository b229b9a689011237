import numpy as np
import pytest
import skimage.color

from keras_colorize.layers import ChromaInput
from tests.layers.layer_checks import LayerChecks
from tests.layers.layer_checks import dtype_of
from tests.layers.layer_checks import to_numpy


def normalized(lab):
    lab = np.asarray(lab, "float64") - [50, 0.5, -0.5]
    return (lab / [50, 127.5, 127.5]).astype("float32")


class TestChromaInput(LayerChecks):
    @pytest.mark.parametrize("space", ["lab", "rgb"])
    def test_layer(self, space, tmp_path):
        rng = np.random.default_rng(0)
        self.check_layer(
            ChromaInput,
            {"space": space},
            inputs=[
                rng.uniform(-0.2, 0.2, (2, 3, 4, 1)).astype("float32"),
                rng.uniform(-0.1, 0.1, (2, 3, 4, 2)).astype("float32"),
            ],
            output_shape=(2, 3, 4, 4),
            weights=0,
            path=tmp_path,
        )

    def test_lab_is_joined_as_it_is(self):
        rng = np.random.default_rng(0)
        lab = rng.uniform(-1, 1, (2, 3, 4, 3)).astype("float32")
        found = to_numpy(ChromaInput("lab")(lab[..., :1], lab[..., 1:]))
        assert np.array_equal(found[..., :3], lab)
        assert (found[..., 3] == 1).all()

    def test_rgb_as_scikit_image(self):
        # In and out of the gamut; dark colors of no possible XYZ left out.
        rng = np.random.default_rng(0)
        vivid = rng.uniform([40, -80, -60], [100, 80, 60], (40, 3))
        real = skimage.color.rgb2lab(rng.random((60, 3)))
        lab = np.concatenate([vivid, real]).reshape(1, 10, 10, 3)
        x = normalized(lab)
        found = to_numpy(ChromaInput("rgb")(x[..., :1], x[..., 1:]))
        expected = 2 * skimage.color.lab2rgb(lab) - 1
        assert (np.abs(expected) == 1).any()
        assert np.allclose(found[..., :3], expected, atol=1e-3)
        assert (found[..., 3] == 1).all()

    def test_ab_leaves_luminance_out(self):
        rng = np.random.default_rng(0)
        lab = rng.uniform(-1, 1, (2, 3, 4, 3)).astype("float32")
        layer = ChromaInput("ab")
        found = to_numpy(layer(lab[..., :1], lab[..., 1:]))
        assert np.array_equal(found[..., :2], lab[..., 1:])
        assert found.shape == (2, 3, 4, 3) and (found[..., 2] == 1).all()
        assert layer.compute_output_shape((None, 3, 4, 1), (None, 3, 4, 2)) == (
            None,
            3,
            4,
            3,
        )

    def test_rgb8_is_rgb_of_whole_bytes(self):
        rng = np.random.default_rng(0)
        lab = normalized(skimage.color.rgb2lab(rng.random((1, 50, 3))))
        parts = lab[..., :1], lab[..., 1:]
        exact, found = (
            to_numpy(ChromaInput(space)(*parts))[..., :3]
            for space in ("rgb", "rgb8")
        )
        levels = (found + 1) * 127.5
        np.testing.assert_allclose(levels, levels.round(), atol=1e-3)
        assert np.abs(found - exact).max() <= 1 / 255 + 1e-5

    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16"])
    def test_color_maths_is_float32_whatever_the_policy(self, policy):
        lab = skimage.color.rgb2lab(np.random.default_rng(0).random((1, 50, 3)))
        x = normalized(lab)
        found = ChromaInput("rgb", dtype=policy)(x[..., :1], x[..., 1:])
        assert dtype_of(found) == "bfloat16"
        # Rounded once, at the end: half a step of 8 bits.
        expected = 2 * skimage.color.lab2rgb(lab) - 1
        error = np.abs(to_numpy(found)[..., :3] - expected)
        assert (error <= np.abs(expected) / 256 + 1e-4).all()

    def test_refuses_other_spaces(self):
        with pytest.raises(ValueError, match="hsv"):
            ChromaInput("hsv")
