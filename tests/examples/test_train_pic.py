import csv
import sys

import numpy as np
import pytest
from huggingface_hub import ModelCard
from PIL import Image

from keras_colorize import ColorizerPIC
from keras_colorize.evaluation import ImageSource
from tests.models.small import images
from tests.models.small import small_pic


@pytest.mark.slow
class TestTrainPIC:
    @pytest.fixture
    def train(self, tmp_path, monkeypatch):
        import train_pic

        small_pic().save_to_preset(tmp_path / "start")

        def train(*arguments):
            common = (
                *("--out", tmp_path / "run", "--preset", tmp_path / "start"),
                *("--batch-size", 5, "--validation", 4, "--dtype", "float32"),
            )
            argv = ["train_pic.py", *map(str, arguments + common)]
            monkeypatch.setattr(sys, "argv", argv)
            train_pic.main()

        return train

    def curve(self, tmp_path):
        with (tmp_path / "run" / "curve.csv").open() as file:
            return list(csv.DictReader(file))

    def test_trains_and_goes_on_where_it_stopped(self, train, tmp_path):
        np.save(tmp_path / "images.npy", images(16))
        train(tmp_path / "images.npy", "--epochs", 1)
        assert len(self.curve(tmp_path)) == 1
        # A kill before the backup of an epoch, in the middle of its row.
        with (tmp_path / "run" / "curve.csv").open("a") as file:
            file.write("1,2.5")
        train(tmp_path / "images.npy", "--epochs", 2)
        rows = self.curve(tmp_path)
        # An epoch is the 12 images once, in batches of 5.
        assert [row["step"] for row in rows] == ["3", "6"]
        assert float(rows[1]["minutes"]) > float(rows[0]["minutes"])
        for name in ("curve.png", "samples_001.png", "samples_002.png"):
            with Image.open(tmp_path / "run" / name) as picture:
                picture.verify()
        preset = tmp_path / "run" / "preset"
        card = ModelCard.load(preset / "README.md")
        (bits,) = card.data.eval_results
        validation = float(rows[-1]["val_bits_per_dim"])
        assert bits.metric_value == pytest.approx(validation, rel=1e-6)
        assert "12 images of images.npy" in card.text
        assert "| steps | 6 |" in card.text
        assert "0.001, times 0.99995 each step" in card.text
        # The images held out are those that evaluation takes first.
        held_out = ImageSource(tmp_path / "images.npy", limit=4).load(8)
        model = ColorizerPIC.from_preset(preset)
        found = -model.log_likelihood(held_out).mean() / 32
        assert found == pytest.approx(validation, rel=1e-4)

    def test_folder_and_minutes(self, train, tmp_path):
        folder = tmp_path / "photos"
        for i, rgb in enumerate(images(12, 20)):
            place = folder / f"{i % 2}"
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb[: 12 + i]).save(place / f"{i}.jpg")
        (folder / ".hidden.jpg").write_text("no photograph")
        train(
            *(folder, "--minutes", 0.05, "--resize", "squash"),
            *("--augment", "keras_cv", "--crop", 6, "--ema", 0.9),
        )
        rows = self.curve(tmp_path)
        assert float(rows[-1]["minutes"]) >= 0.05
        card = (tmp_path / "run" / "preset" / "README.md").read_text()
        assert "8 images of photos" in card
        assert "0.001, falling to 0" in card and "| 0.9 |" in card

    def test_refused_before_training(self, train, tmp_path, capsys):
        np.save(tmp_path / "images.npy", images(4))
        for arguments, words in (
            (("--epochs", 1), "Expected at least 5"),
            (("--validation", 1), "--minutes or --epochs"),
        ):
            with pytest.raises(SystemExit):
                train(tmp_path / "images.npy", *arguments)
            assert words in capsys.readouterr().err
        assert not (tmp_path / "run").exists()


class TestKeepRows:
    @pytest.mark.parametrize(
        "epochs, kept", [(0, ""), (1, "a,b\n0,1\n"), (2, "a,b\n0,1\n1,2\n")]
    )
    def test_rows(self, epochs, kept, tmp_path):
        from curve import keep_rows

        path = tmp_path / "curve.csv"
        keep_rows(path, epochs)
        assert not path.exists()
        path.write_text("a,b\n0,1\n1,2\n")
        keep_rows(path, epochs)
        assert path.read_text() == kept


class TestBatches:
    def test_an_epoch_is_the_data_once(self, tmp_path):
        from train_pic import Batches

        # Each image has one color of its own, so flips change nothing.
        colors = np.arange(7, dtype="uint8")[:, None, None, None]
        np.save(tmp_path / "x.npy", np.broadcast_to(colors, (7, 8, 8, 3)))
        batches = Batches(ImageSource(tmp_path / "x.npy"), 8, 3, 4, [], epoch=0)
        assert [len(batches[i]) for i in range(len(batches))] == [3, 3, 1]
        epochs = []
        for _ in range(2):
            seen = [batches[i][:, 4, 4, 0] for i in range(len(batches))]
            epochs.append(np.concatenate(seen).tolist())
            batches.on_epoch_end()
        assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(7))
        assert epochs[0] != epochs[1]

    def test_crop(self):
        from train_pic import cropped

        rows, columns = np.mgrid[:20, :30]
        image = np.uint8(np.stack([rows, columns, 0 * rows], -1) * 8)
        rng = np.random.default_rng(0)
        for _ in range(20):
            found = cropped(image, 10, rng) / 8
            assert found.shape == image.shape
            height = found[:, 0, 0].max() - found[:, 0, 0].min()
            assert 9 <= height + 1.5 and height <= 19
            assert found[..., 0].max() <= 19 and found[..., 1].max() <= 29
