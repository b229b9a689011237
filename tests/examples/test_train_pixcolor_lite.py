import argparse

import keras
import numpy as np
import pytest

from keras_colorize import Colorizer
from keras_colorize.evaluation import ImageSource
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


@pytest.mark.slow
def test_goes_on_from_a_pixcolor_preset(start, tmp_path):
    import train_pixcolor_lite as example

    first = example.on_hypercolumns(start, "float32")
    first.prepare(images(4, 32))
    first.save_to_preset(tmp_path / "first")
    np.save(tmp_path / "images.npy", images(12, 32))
    model, batches = example.make_model(
        argparse.Namespace(
            start=tmp_path / "first", dtype="float32", epochs=1, steps=10
        )
    )
    source = ImageSource(tmp_path / "images.npy")
    model.fit(batches(source, None, 0.0, 32, 2, 10, 0), verbose=0)
    changed = {
        layer.name
        for layer, before in zip(model.encoder.layers, first.encoder.layers)
        if any(map(differ, layer.get_weights(), before.get_weights()))
    }
    assert {"block3_expand", "head"} <= changed
    assert not {"stem", "block2_project"} & changed


def test_faults_keep_the_images_that_have_none(tmp_path):
    import train_pixcolor_lite as example

    keras.utils.set_random_seed(0)
    np.save(tmp_path / "images.npy", images(12, 32))
    arguments = ImageSource(tmp_path / "images.npy"), None, 0.0, 32, 12, 1, 0
    clean = example.Batches(*arguments)[0]
    aged = example.AgedBatches(*arguments)[0]
    assert aged.dtype == np.uint8
    changed = (aged != clean).any((1, 2, 3))
    assert 0 < changed.sum() < 12


def test_another_family():
    import train_pixcolor_lite as example

    args = argparse.Namespace(start="pic_tinyimagenet64", dtype="float32")
    with pytest.raises(SystemExit, match="preset of ColorizerPIC. Expected"):
        example.make_model(args)


def differ(a, b):
    return not np.array_equal(a, b)
