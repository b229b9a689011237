import numpy as np
import pytest

from keras_colorize import Colorizer
from tests.models.small import images


@pytest.mark.slow
def test_trains_on_the_encoder_of_a_preset(
    run, start, photos, tmp_path, capsys
):
    import train_pixcolor_lite as example

    np.save(tmp_path / "images.npy", images(12, 32))
    run(
        example,
        *(tmp_path / "images.npy", "--photographs", photos),
        *("--start", tmp_path / "start", "--out", tmp_path / "run"),
        *("--epochs", 1, "--steps", 2, "--batch-size", 2),
        *("--validation", 4, "--dtype", "float32"),
    )
    assert "bits per dimension. Preset: " in capsys.readouterr().out
    model = Colorizer.from_preset(tmp_path / "run" / "preset")
    for found, expected in zip(
        model.encoder.get_weights(), start.encoder.get_weights()
    ):
        np.testing.assert_array_equal(found, expected.astype("float16"))
    assert (
        0 < model.evaluate(images(2, 32), verbose=0, return_dict=True)["loss"]
    )
