import numpy as np
import pytest
from keras import ops

from keras_colorize import Colorizer
from keras_colorize import generation
from keras_colorize.color import lab_to_rgb
from keras_colorize.color import rgb_to_lab
from keras_colorize.generation import FilmColoring
from keras_colorize.generation import color_film
from keras_colorize.generation import flicker
from keras_colorize.generation.rendering import DrawnPhotograph
from tests.generation.flickering import flickering_draw
from tests.sampling.helpers import tiny_pic


@pytest.fixture(scope="module")
def model():
    return tiny_pic(num_blocks=1, image_size=8)


def still(number=6, seed=0):
    """Frames of a still picture with grain."""
    rng = np.random.default_rng(seed)
    picture = rng.uniform(60, 200, (8, 8))
    grain = rng.normal(0, 2, (number, 8, 8))
    return (picture + grain).round().astype("uint8")


class TestColorFilm:
    def test_flickers_less_than_frame_by_frame(self, model, monkeypatch):
        monkeypatch.setattr(model, "draw", flickering_draw(model))
        frames = still()
        alone, smooth = (
            flicker(color_film(model, frames, smoothing, seed=0))
            for smoothing in (1, 10)
        )
        assert 0 < smooth < 0.6 * alone

    @pytest.mark.slow
    def test_flicker_of_the_default_preset(self):
        """The number in docs/video.md is of a larger film."""
        model = Colorizer.from_preset("default")
        rng = np.random.default_rng(0)
        y, x = np.mgrid[:96, :128]
        frames = []
        for t in range(8):
            disk = (y - 48) ** 2 + (x - 30 - 6 * t) ** 2 < 400
            frame = np.where(disk, 170.0, 60.0 + x) + rng.normal(0, 6, x.shape)
            frames.append(frame.clip(0, 255).astype("uint8"))
        alone, smooth = (
            flicker(color_film(model, frames, smoothing))
            for smoothing in (1, 10)
        )
        assert smooth < 0.6 * alone

    def test_luminance_stays(self, model):
        frames = still()
        colored = color_film(model, frames, seed=0, dtype="float32")
        for frame, rgb in zip(frames, colored, strict=True):
            expected = rgb_to_lab(np.repeat(frame[..., None], 3, axis=-1))
            np.testing.assert_allclose(
                rgb_to_lab(rgb)[..., 0], expected[..., 0], atol=0.1
            )

    def test_one_frame_at_a_time(self, model):
        taken = []
        colored = color_film(
            model, (taken.append(1) or frame for frame in still()), seed=0
        )
        assert next(colored).shape == (8, 8, 3)
        assert len(taken) == 1

    def test_first_frame_is_as_generated(self, model):
        frame = still()[0]
        np.testing.assert_array_equal(
            next(color_film(model, [frame], seed=4)),
            model.generate(frame, seed=4, batch_size=1, verbose=0)[0],
        )

    def test_frames_share_noise(self, model, monkeypatch):
        noises, draw = [], model.draw

        def record(context, noise, request):
            noises.append(ops.convert_to_numpy(noise))
            return draw(context, noise, request)

        monkeypatch.setattr(model, "draw", record)
        first, second = 255 * np.eye(8, dtype="uint8"), still()[0]
        list(color_film(model, [first, second], seed=0))
        np.testing.assert_array_equal(noises[0], noises[1])
        list(color_film(model, [second], seed=0))
        assert (noises[2] != noises[0]).any()

    def test_wrong_frames_and_arguments(self, model):
        frames = [still()[0], np.zeros((8, 9), "uint8")]
        with pytest.raises(ValueError, match=r"\(8, 9\).*\(8, 8\)"):
            list(color_film(model, frames))
        with pytest.raises(ValueError, match="smoothing is 0"):
            list(color_film(model, frames, smoothing=0))
        with pytest.raises(ValueError, match="readout is 'best'"):
            list(color_film(model, frames, readout="best"))


class TestFilmColoring:
    def test_averages_where_luminance_stays(self, model, monkeypatch):
        """The formula, cell by cell."""
        rng = np.random.default_rng(0)
        luminances = 50 + rng.normal(0, 1, (7, 3, 4, 1)).astype("float32")
        luminances[:, 0, 0] += 20 * (np.arange(7)[:, None] % 2)
        luminances[5:] -= 30  # A cut.
        drawn = rng.normal(0, 10, (7, 1, 3, 4, 2)).astype("float32")
        given = iter(
            [DrawnPhotograph(x, None, y) for x, y in zip(luminances, drawn)]
        )
        monkeypatch.setattr(
            generation.film, "draw", lambda *_: iter([next(given)])
        )
        coloring = FilmColoring(model, smoothing=3, seed=0)
        found = [coloring(still()[0]).chroma for _ in range(7)]

        expected = np.array(drawn)
        for y, x in np.ndindex(3, 4):
            count = 1.0
            for t in range(1, 7):
                change = (luminances[t, y, x] - luminances[t - 1, y, x]).item()
                count = 1 + np.exp(-((change / 3) ** 2)) * count
                count = 1.0 if t == 5 else min(count, 3.0)
                last = expected[t - 1, 0, y, x]
                new = (drawn[t, 0, y, x] - last) / count
                expected[t, 0, y, x] = last + new
        np.testing.assert_allclose(found, expected, atol=1e-4)

    def test_goes_on_from_a_state(self, model):
        frames = still()
        whole = FilmColoring(model, seed=0)
        expected = [whole(frame).chroma for frame in frames]
        first, second = (FilmColoring(model, seed=0) for _ in range(2))
        for frame in frames[:3]:
            first(frame)
        second.state = dict(first.state)
        for frame, chroma in zip(frames[3:], expected[3:], strict=True):
            np.testing.assert_array_equal(second(frame).chroma, chroma)


def test_flicker():
    frames = np.full((3, 2, 2, 3), 0.5, "float32")
    assert flicker(frames) == 0
    # Luminance changes in the first column, colors change in the second.
    frames[1, :, 0] = 0.8
    lab = np.array([53.0, 0, 0]), np.array([53.0, 3, 4])
    gray, color = (ops.convert_to_numpy(lab_to_rgb(x)) for x in lab)
    frames[:, :, 1] = gray
    frames[1, :, 1] = color
    assert flicker(frames) == pytest.approx(5, abs=0.01)
    assert np.isnan(flicker(frames[:1]))
