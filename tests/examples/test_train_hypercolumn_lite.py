import csv

import numpy as np
import pytest
from keras import ops

from keras_colorize import Colorizer
from keras_colorize.evaluation import ImageSource
from tests.models.small import images


@pytest.mark.slow
class TestTraining:
    def test_trains_and_goes_on_where_it_stopped(
        self, run, photos, lite0_weights, tmp_path, monkeypatch
    ):
        import train_hypercolumn_lite as example

        np.save(tmp_path / "images.npy", images(12, 32))
        arguments = (
            *(tmp_path / "images.npy", "--photographs", photos),
            *("--out", tmp_path / "run", "--encoder-weights", lite0_weights),
            *("--side", 32, "--epochs", 4, "--steps", 2, "--batch-size", 2),
            *("--validation", 4, "--dtype", "float32"),
        )
        phases = example.PHASES
        # The run stops after its first phase.
        monkeypatch.setattr(example, "PHASES", phases[:2])
        run(example, *arguments)
        assert [row["epoch"] for row in self.curve(tmp_path)] == ["0", "1"]
        monkeypatch.setattr(example, "PHASES", phases)
        run(example, *arguments)
        rows = self.curve(tmp_path)
        assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]

        preset = tmp_path / "run" / "preset"
        card = (preset / "README.md").read_text()
        assert "8 images of images.npy and 4 images of photos." in card
        assert "| images seen | 16 |" in card
        model = Colorizer.from_preset(preset)
        held_out = ImageSource(photos, limit=4).load(32)
        found = model.evaluate(held_out, verbose=0, return_dict=True)
        # The preset has the averages, which validation uses, as float16.
        validation = float(rows[-1]["val_nats"])
        assert found["nats"] == pytest.approx(validation, rel=1e-2)
        # All biases are 0 before training.
        for weight in model.encoder.weights:
            if weight.name == "bias":
                frozen = weight.path.startswith(example.FROZEN)
                changed = np.any(ops.convert_to_numpy(weight))
                assert changed == (not frozen), weight.path

    def curve(self, tmp_path):
        with (tmp_path / "run" / "curve.csv").open() as file:
            return list(csv.DictReader(file))


class TestParts:
    def test_missing_images(self, run, tmp_path, capsys):
        import train_hypercolumn_lite as example

        with pytest.raises(SystemExit):
            run(example, tmp_path / "none", "--out", tmp_path / "run")
        assert "There is no file or folder" in capsys.readouterr().err
        assert not (tmp_path / "run").exists()

    def test_batches(self, tmp_path, photos):
        from train_hypercolumn_lite import Batches

        red = np.full((3, 16, 16, 3), (200, 0, 0), "uint8")
        np.save(tmp_path / "red.npy", red)
        sources = [ImageSource(tmp_path / "red.npy"), ImageSource(photos)]

        def reds(share):
            batches = Batches(*sources, share, 12, 50, 3, epoch=0)
            assert len(batches) == 3
            first, second = batches[0], batches[1]
            assert first.shape == (50, 12, 12, 3) and first.dtype == np.uint8
            assert share == 0 or not np.array_equal(first, second)
            return (first == red[0, 0, 0]).all((1, 2, 3)).mean()

        assert reds(0.0) == 1.0 and reds(1.0) == 0.0
        assert 0.5 < reds(0.3) < 0.9

    def test_gray_images_are_left_out(self, tmp_path):
        from train_hypercolumn_lite import colored

        gray = np.full((1, 8, 8, 3), 90, "uint8")
        color = np.full((1, 8, 8, 3), (90, 10, 10), "uint8")
        rng = np.random.default_rng(0)
        np.save(tmp_path / "some.npy", np.concatenate([gray, color]))
        source = ImageSource(tmp_path / "some.npy")
        for _ in range(10):
            np.testing.assert_array_equal(colored(source, rng, 8), color[0])
        np.save(tmp_path / "gray.npy", gray)
        with pytest.raises(ValueError, match="images of gray.npy are gray"):
            colored(ImageSource(tmp_path / "gray.npy"), rng, 8)

    def test_standardized_features_have_equal_weight(self):
        from train_hypercolumn_lite import standardize

        from tests.models.hypercolumn.test_hypercolumn_colorizer import (
            small_model,
        )

        model = small_model(filters=4000)
        rgb = images(8, 32)
        standardize(model, rgb)
        gray = model.targets(rgb)["gray"]
        maps = {"gray": gray, **model.encoder(gray)}
        biases = 0.0
        for name, dense in model.hypercolumn.slices.items():
            y = ops.convert_to_numpy(dense(maps[name]))
            y = y.reshape(-1, y.shape[-1])
            biases = biases + y.mean(0)
            # Of 4 maps, each makes a fourth of the variance, but for the
            # features that hardly vary.
            variance = ops.convert_to_numpy(maps[name]).var((0, 1, 2))
            expected = 0.25 * (variance / (variance + 1e-3)).mean()
            assert y.var(0).mean() == pytest.approx(expected, rel=0.1)
        np.testing.assert_allclose(biases, 0.0, atol=1e-4)
