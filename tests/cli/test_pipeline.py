import json
import weakref

import numpy as np

from keras_colorize.models import Colorizer
from keras_colorize_cli.colorize import pipeline
from tests.cli.conftest import names
from tests.cli.conftest import records


def generate(self, images, num_samples, dtype, **options):
    """Gray colorings, without the time that a model takes."""
    shape = (num_samples, *images.shape[:2], 3)
    return np.broadcast_to(images[..., :1], shape).astype(dtype)


class TestPipeline:
    def test_order_and_memory(self, run, photo, tmp_path, monkeypatch):
        """Few photographs are in memory, whatever their number."""
        album, out = tmp_path / "in", tmp_path / "out"
        for k in range(12):
            photo(album / f"{k:02}.png", seed=k, shape=(2 + k % 5, 9))
        alive, most = weakref.WeakSet(), 0
        read = pipeline.read_photograph

        def counted(path, max_pixels):
            nonlocal most
            photograph = read(path, max_pixels)
            alive.add(photograph)
            most = max(most, len(alive))
            return photograph

        monkeypatch.setattr(pipeline, "read_photograph", counted)
        monkeypatch.setattr(Colorizer, "generate", generate)
        code, text, _ = run("colorize", album, "-o", out, "--json")
        assert code == 0 and 1 <= most <= 4
        expected = [f"{k:02}" for k in range(12)]
        assert [json.loads(x)["name"] for x in text.splitlines()] == expected
        assert [record["name"] for record in records(out)] == expected
        assert len(names(out)) == 24

    def test_reads_and_writes_while_it_draws(
        self, run, photo, tmp_path, monkeypatch
    ):
        album = tmp_path / "in"
        for k in range(3):
            photo(album / f"{k}.png")
        events = []

        def told(name, function):
            def call(*args, **options):
                events.append(f"{name} begins")
                result = function(*args, **options)
                events.append(f"{name} ends")
                return result

            return call

        def draw(*args, **options):
            # Long enough that the next photograph is read meanwhile.
            for _ in range(500):
                ahead = events.count("draw ends") + 2
                if events.count("read ends") >= min(ahead, 3):
                    break
                waited.wait(0.01)
            return generate(*args, **options)

        waited = pipeline.threading.Event()
        monkeypatch.setattr(Colorizer, "generate", told("draw", draw))
        monkeypatch.setattr(
            pipeline, "read_photograph", told("read", pipeline.read_photograph)
        )
        assert run("colorize", album, "-o", tmp_path / "out")[0] == 0
        second = events.index("read ends", events.index("read ends") + 1)
        assert second < events.index("draw ends")
