import numpy as np
import pytest
from keras import ops

from keras_colorize import Colorizer
from keras_colorize.evaluation import ImageSource
from tests.models.small import images


class TestCachedFeatures:
    @pytest.mark.slow
    def test_trains_the_head_on_the_cache(
        self, run, photos, lite0_weights, tmp_path, capsys
    ):
        import cached_features as example

        def train(out, *arguments):
            run(
                example,
                *(photos, "--cache", tmp_path / "cache", "--out", out),
                *("--encoder-weights", lite0_weights, "--filters", 8),
                *("--validation", 2, "--side", 32, "--epochs", 1, *arguments),
            )
            return capsys.readouterr().out

        said = train(tmp_path / "first")
        files = sorted((tmp_path / "cache").glob("*.npy"))
        size = sum(np.load(path).nbytes for path in files) / 2**20
        assert f"take {size / 2**10:.2f} GiB" in said
        assert f"8 images of {size * 2**10 / 8:.0f} KiB" in said
        stamps = [path.stat().st_mtime_ns for path in files]
        said = train(tmp_path / "second", "--epochs", 2)
        assert "GiB" not in said
        assert [path.stat().st_mtime_ns for path in files] == stamps
        model = Colorizer.from_preset(tmp_path / "second")
        assert model.generate(images(1, 20)[0], verbose=0).shape[-1] == 3
        fresh = example.make_model(32, lite0_weights, 8)
        for old, new in zip(fresh.encoder.weights, model.encoder.weights):
            old = np.float16(ops.convert_to_numpy(old))
            np.testing.assert_array_equal(old, ops.convert_to_numpy(new))

    def test_the_loss_is_the_models(self, photos, lite0_weights, tmp_path):
        import cached_features as example

        model = example.make_model(32, lite0_weights, 8)
        source = ImageSource(photos)
        example.cache(model, source, 32, tmp_path / "cache")
        cells = np.argwhere(np.ones((8, 8), "int32"))
        batch, _ = example.Cached(
            tmp_path / "cache", np.arange(8), model.num_locations, 8
        )[0]
        # All cells of the grid, twice: the loss of `evaluate`.
        points = np.tile(np.concatenate([cells, cells]), (8, 1, 1))
        batch["points"] = points.astype("int32")
        chroma = np.load(tmp_path / "cache" / "chroma.npy")
        chroma = chroma[:, points[0, :, 0], points[0, :, 1]]
        head, loss = example.head_of(model, 32)
        model.compile()
        found = loss(chroma.astype("float32"), head(batch))
        expected = model.evaluate(source.load(32), verbose=0, return_dict=True)
        assert float(ops.mean(found)) == pytest.approx(
            expected["nats"], rel=1e-3
        )

    def test_refused(self, photos, lite0_weights, tmp_path, monkeypatch):
        import cached_features as example

        model = example.make_model(32, lite0_weights, 8)
        place = tmp_path / "cache"
        usage = example.shutil.disk_usage(tmp_path)._replace(free=1000)
        monkeypatch.setattr(example.shutil, "disk_usage", lambda _: usage)
        with pytest.raises(OSError, match="too little space"):
            example.cache(model, ImageSource(photos), 32, place)
        assert not list(place.glob("*.npy"))
        monkeypatch.undo()
        example.cache(model, ImageSource(photos, limit=2), 32, place)
        model.encoder.weights[0].assign(0.0 * model.encoder.weights[0])
        with pytest.raises(ValueError, match="holds the features of"):
            example.cache(model, ImageSource(photos, limit=2), 32, place)

    def test_batches_are_the_cached_values(self, tmp_path):
        from cached_features import Cached

        rng = np.random.default_rng(0)
        chroma = rng.random((5, 4, 3, 2)).astype("float16")
        np.save(tmp_path / "chroma.npy", chroma)
        np.save(tmp_path / "stride4.npy", np.arange(5.0)[:, None])
        data = Cached(tmp_path, np.array([0, 1, 3, 4]), 30, 3)
        seen = []
        for step in range(len(data)):
            maps, values = data[step]
            places = maps["stride4"][:, 0].astype(int)
            for row, place in enumerate(places):
                y, x = maps["points"][row].T
                np.testing.assert_array_equal(
                    values[row], chroma[place, y, x].astype("float32")
                )
            seen += places.tolist()
        assert sorted(seen) == [0, 1, 3, 4]
