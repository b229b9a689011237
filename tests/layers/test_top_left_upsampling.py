import keras
import numpy as np
from keras import ops

from keras_colorize.layers import TopLeftUpsampling2D


class TestTopLeftUpsampling2D:
    def test_values_of_one_row(self):
        row = np.array([[[[1.0], [3.0], [7.0]]]], "float32")
        found = ops.convert_to_numpy(TopLeftUpsampling2D()(row))
        assert found.shape == (1, 2, 6, 1)
        for line in found[0, :, :, 0]:
            np.testing.assert_allclose(line, [1, 2, 3, 5, 7, 7])

    def test_interpolation(self):
        images = np.random.default_rng(0).random((2, 3, 4, 2), "float32")
        found = ops.convert_to_numpy(TopLeftUpsampling2D()(images))
        for i, j in np.ndindex(6, 8):
            rows = i // 2, min(-(-i // 2), 2)
            columns = j // 2, min(-(-j // 2), 3)
            corners = [images[:, r, c] for r in rows for c in columns]
            np.testing.assert_allclose(
                found[:, i, j], np.mean(corners, 0), rtol=1e-5
            )

    def test_unknown_sizes_and_saving(self, tmp_path):
        inputs = keras.Input((None, None, 2))
        outputs = TopLeftUpsampling2D()(inputs)
        assert outputs.shape == (None, None, None, 2)
        assert TopLeftUpsampling2D().compute_output_shape((3, 4, 5, 6)) == (
            *(3, 8, 10),
            6,
        )
        model = keras.Model(inputs, outputs)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        images = np.random.default_rng(0).random((1, 2, 3, 2), "float32")
        np.testing.assert_array_equal(
            *[ops.convert_to_numpy(m(images)) for m in (model, again)]
        )
