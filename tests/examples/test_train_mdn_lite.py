import numpy as np
import pytest

from keras_colorize import Colorizer
from tests.models.small import images


@pytest.mark.slow
def test_trains_on_the_encoder_of_a_preset(
    run, start, photos, tmp_path, capsys
):
    import train_mdn_lite as example

    np.save(tmp_path / "images.npy", images(30, 32))
    run(
        example,
        *(tmp_path / "images.npy", "--photographs", photos),
        *("--start", tmp_path / "start", "--out", tmp_path / "run"),
        *("--epochs", 1, "--steps", 2, "--batch-size", 12),
        *("--network-epochs", 1, "--network-images", 64),
        *("--validation", 4, "--dtype", "float32"),
    )
    assert "Preset: " in capsys.readouterr().out
    model = Colorizer.from_preset(tmp_path / "run" / "preset")
    assert "mahalanobis" not in model.vae.loss_weights
    expected = {w.path: w for w in start.encoder.weights}
    for found in model.encoder.weights:
        np.testing.assert_array_equal(
            found, np.asarray(expected[found.path]).astype("float16")
        )
    losses = model.evaluate(images(2, 32), verbose=0, return_dict=True)
    assert 0 < losses["distance"] < np.inf
