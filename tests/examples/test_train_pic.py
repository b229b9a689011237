import csv
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from huggingface_hub import ModelCard
from PIL import Image

from keras_colorize import ColorizerPIC
from tests.models.small import images
from tests.models.small import small_pic

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


def run(script, *arguments):
    subprocess.run(
        [sys.executable, EXAMPLES / script, *map(str, arguments)],
        check=True,
        timeout=300,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
        stdout=subprocess.DEVNULL,
    )


@pytest.mark.slow
class TestTrainPIC:
    def train(self, source, tmp_path, *arguments):
        preset = tmp_path / "start"
        if not preset.exists():
            small_pic().save_to_preset(preset)
        run(
            "train_pic.py",
            source,
            *("--out", tmp_path / "run", "--preset", preset),
            *("--batch-size", 4, "--steps", 2, "--validation", 4),
            *("--dtype", "float32"),
            *arguments,
        )

    def curve(self, tmp_path):
        with (tmp_path / "run" / "curve.csv").open() as file:
            return list(csv.DictReader(file))

    def test_trains_and_goes_on_where_it_stopped(self, tmp_path):
        np.save(tmp_path / "images.npy", images(16))
        self.train(tmp_path / "images.npy", tmp_path, "--epochs", 1)
        assert len(self.curve(tmp_path)) == 1
        for file in (tmp_path / "run" / "preset").iterdir():
            file.unlink()
        self.train(tmp_path / "images.npy", tmp_path, "--epochs", 2)
        rows = self.curve(tmp_path)
        assert [row["step"] for row in rows] == ["2", "4"]
        for name in ("curve.png", "samples_001.png", "samples_002.png"):
            with Image.open(tmp_path / "run" / name) as picture:
                picture.verify()
        ColorizerPIC.from_preset(tmp_path / "run" / "preset")
        card = ModelCard.load(tmp_path / "run" / "preset" / "README.md")
        (bits,) = card.data.eval_results
        assert bits.metric_value == float(rows[-1]["val_bits_per_dim"])
        assert "12 images of images.npy" in card.text
        assert "| images | 16 |" in card.text
        assert "faults of old photographs: none |" in card.text

    def test_folder_and_minutes(self, tmp_path):
        folder = tmp_path / "photos"
        for i, rgb in enumerate(images(12, 20)):
            place = folder / f"{i % 2}"
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb[: 12 + i]).save(place / f"{i}.jpg")
        self.train(
            *(folder, tmp_path, "--minutes", 0.05),
            *("--augment", "keras_cv", "--crop", 6),
        )
        assert "minutes" in self.curve(tmp_path)[0]
