import pathlib
import signal
import subprocess
import sys
import time
from fractions import Fraction

import av
import numpy as np
import pytest
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.generation import flicker
from keras_colorize_cli.video.film import Film
from keras_colorize_cli.video.planes import ColorTags
from keras_colorize_cli.video.planes import gray_of
from keras_colorize_cli.video.planes import half_size
from keras_colorize_cli.video.planes import luma_of
from keras_colorize_cli.video.planes import yuv_of
from tests.cli import films
from tests.generation.flickering import flickering_draw

_COMMAND = "from keras_colorize_cli.main import main; raise SystemExit(main())"


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return films.write_film(tmp_path_factory.mktemp("film") / "in.mp4")


@pytest.fixture
def colored(run, film, tmp_path):
    """The film, colored in parts of 0.4 seconds."""
    code, out, err = run("video", film, tmp_path / "a.mp4", "--segment", 0.4)
    assert code == 0 and "(24 frames)" in out and err == ""
    return tmp_path / "a.mp4"


@pytest.fixture
def flickering(model, monkeypatch):
    """Makes the model change its colors from frame to frame.

    A trained model does this by itself.
    """
    monkeypatch.setattr(model, "draw", flickering_draw(model))


def rgb(path):
    return [frame.to_ndarray(format="rgb24") for frame in films.decoded(path)]


class TestColoring:
    def test_luma_stays_and_there_are_colors(self, film, colored):
        before, after = films.decoded(film), films.decoded(colored)
        assert len(after) == films.NUM_FRAMES
        old, new = (
            np.stack(list(map(films.plane, x))) for x in (before, after)
        )
        psnr = 10 * np.log10(255**2 / np.square(new - old).mean())
        assert psnr > 42
        assert all(films.plane(frame, 1).std() > 1 for frame in after)

    def test_times_sound_and_tags_stay(self, film, colored):
        before, after = films.decoded(film), films.decoded(colored)
        assert [f.time for f in after] == [f.time for f in before]
        assert [f.time * 600 for f in after] == pytest.approx(films.times())
        packets = films.sound(film)
        assert len(packets) > 40 and films.sound(colored) == packets
        assert (after[0].colorspace, after[0].color_range) == (1, 1)
        with av.open(str(colored)) as container:
            assert container.metadata["title"] == "A disk"
            (chapter,) = container.chapters()
            assert (chapter["end"], chapter["metadata"]) == (
                500,
                {"title": "Ramp"},
            )
            stream = container.streams.video[0]
            assert stream.codec_context.name == "h264"
            assert stream.codec_context.pix_fmt == "yuv420p"
            assert stream.sample_aspect_ratio == Fraction(4, 3)

    def test_flickers_less_than_frame_by_frame(
        self, run, flickering, film, tmp_path
    ):
        alone, smooth = tmp_path / "alone.mp4", tmp_path / "smooth.mp4"
        assert run("video", film, alone, "--smoothing", 1)[0] == 0
        assert run("video", film, smooth)[0] == 0
        assert flicker(rgb(smooth)) < 0.6 * flicker(rgb(alone))

    def test_lossless_film_keeps_every_luma(self, run, tmp_path):
        film = films.write_film(
            tmp_path / "in.mkv", codec="ffv1", sound="pcm_s16le", range=2
        )
        out = tmp_path / "out.mkv"
        assert run("video", film, out)[0] == 0
        after = films.decoded(out)
        for gray, frame in zip(films.gray_frames(), after, strict=True):
            np.testing.assert_array_equal(films.plane(frame), gray)
        assert after[0].color_range == 2
        assert films.sound(out) == films.sound(film)

    def test_damaged_frames_are_left_out(self, run, film, tmp_path):
        damaged = tmp_path / "damaged.mkv"
        with av.open(str(film)) as container:
            with av.open(str(damaged), "w") as out:
                source = container.streams.video[0]
                stream = out.add_stream_from_template(source)
                packets = [p for p in container.demux(source) if p.size]
                for number, packet in enumerate(packets):
                    if number == 20:
                        packet.update(b"\xff" * packet.size)
                    packet.stream = stream
                    out.mux(packet)
        code, _, err = run("video", damaged, tmp_path / "out.mkv")
        assert code == 0 and "1 damaged frames" in err


class TestGoingOn:
    def test_after_an_error_as_if_nothing_had_happened(
        self, run, model, film, colored, monkeypatch
    ):
        output = colored.with_name("b.mp4")
        command = ("video", film, output, "--segment", 0.4)
        encode, calls = model.encode, []

        def failing(gray):
            calls.append(gray)
            if len(calls) == 16:
                raise OSError("No space left on device")
            return encode(gray)

        monkeypatch.setattr(model, "encode", failing)
        code, _, err = run(*command)
        assert code == 1 and "No space left" in err and "again" in err
        assert not output.exists()
        code, _, err = run(*command)
        assert code == 0 and "Going on after frame 10" in err
        assert len(calls) == 16 + films.NUM_FRAMES - 10
        assert output.read_bytes() == colored.read_bytes()
        assert sorted(p.name for p in output.parent.iterdir()) == [
            "a.mp4",
            "b.mp4",
        ]

    def test_parts_of_another_run(self, run, film, tmp_path, model):
        output = tmp_path / "out.mp4"
        encode = model.encode

        def stopping(gray):
            raise KeyboardInterrupt

        try:
            model.encode = stopping
            assert run("video", film, output)[0] == 130
        finally:
            model.encode = encode
        code, _, err = run("video", film, output, "--seed", 1)
        assert code == 2 and "another seed" in err
        assert run("video", film, output, "--seed", 1, "--overwrite")[0] == 0

    @pytest.mark.slow
    def test_after_a_kill(self, run, preset, film, colored):
        output = colored.with_name("killed.mp4")
        command = ["video", film, output, "--segment", 0.1]
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", _COMMAND),
                *map(str, command),
                *("--preset", str(preset)),
            ]
        )
        parts = pathlib.Path(f"{output}.parts")
        while not (parts / "part_00001.nut").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not output.exists()
        code, _, err = run(*command, "--preset", preset)
        assert code == 0 and "Going on" in err
        assert len(films.decoded(output)) == films.NUM_FRAMES
        assert films.sound(output) == films.sound(film)


class TestErrors:
    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("text.mp4", "is not a film"),
            ("photo.png", "is a photograph"),
            ("song.mp4", "no video stream"),
            ("missing.mp4", "no file"),
        ],
    )
    def test_no_film(self, run, photo, tmp_path, name, message):
        path = tmp_path / name
        if name == "text.mp4":
            path.write_text("A text.")
        elif name == "photo.png":
            photo(path)
        elif name == "song.mp4":
            with av.open(str(path), "w") as container:
                stream = container.add_stream("aac", rate=44100, layout="mono")
                block = av.AudioFrame("s16", "mono", 1024)
                block.sample_rate = 44100
                container.mux(stream.encode(block))
                container.mux(stream.encode(None))
        output = tmp_path / "out.mp4"
        code, _, err = run("video", path, output)
        assert code == 2 and message in err
        assert not list(tmp_path.glob("out*"))

    def test_output(self, run, film, tmp_path):
        existing = tmp_path / "existing.mp4"
        existing.write_text("Mine.")
        for output, message in (
            (existing, "pass --overwrite"),
            (film, "is the input"),
            (tmp_path / "out.gif", "ends in .mp4"),
            (existing / "out.mp4", "is a file"),
        ):
            code, _, err = run("video", film, output)
            assert code == 2 and message in err
        assert existing.read_text() == "Mine."
        assert run("video", film, existing, "--overwrite")[0] == 0
        assert len(films.decoded(existing)) == films.NUM_FRAMES

    def test_sound_that_the_output_cannot_hold(self, run, tmp_path):
        film = films.write_film(tmp_path / "in.mov", sound="pcm_mulaw")
        code, _, err = run("video", film, tmp_path / "out.mp4")
        assert code == 2 and "cannot hold the sound" in err and ".mkv" in err

    def test_folder_of_others(self, run, film, tmp_path):
        (tmp_path / "out.mp4.parts").mkdir()
        code, _, err = run("video", film, tmp_path / "out.mp4", "--overwrite")
        assert code == 2 and "not a folder of parts" in err


class TestFilm:
    def test_turned_frames_are_upright(self, tmp_path):
        path = films.write_film(tmp_path / "in.mp4", sound=None, turn=90)
        before = films.decoded(path)
        assert before[0].rotation == 90
        film = Film(path)
        assert film.size == films.SIZE[::-1]
        assert film.aspect_ratio == Fraction(3, 4)
        for old, (pts, luma) in zip(before, film.frames(), strict=True):
            assert pts == old.pts
            np.testing.assert_array_equal(luma, np.rot90(films.plane(old)))

    def test_times_of_avi(self, tmp_path):
        """The file has them in the order of decoding, here with B-frames."""
        path = tmp_path / "in.avi"
        frames = list(films.gray_frames())
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", 24)
            stream.height, stream.width = films.SIZE
            for luma in frames:
                gray = np.full((24, 64), 128, "uint8")
                planes = np.concatenate([luma, gray])
                container.mux(
                    stream.encode(av.VideoFrame.from_ndarray(planes, "yuv420p"))
                )
            container.mux(stream.encode(None))
        times = [frame.pts for frame in films.decoded(path)]
        assert times != sorted(times)
        film = Film(path)
        assert film.num_frames == films.NUM_FRAMES and film.num_damaged == 0
        found, lumas = zip(*film.frames())
        assert np.diff(found).tolist() == [1] * (films.NUM_FRAMES - 1)
        error = np.abs(np.subtract(lumas, frames, dtype="float32"))
        assert error.mean() < 3


class TestPlanes:
    @pytest.mark.parametrize("matrix", [1, 5])
    @pytest.mark.parametrize("range", [1, 2])
    def test_as_ffmpeg_converts(self, matrix, range):
        tags = ColorTags(matrix, range, 2, 2)
        for color in ([200, 40, 90], [10, 180, 240], [128, 128, 128]):
            rgb = np.full((4, 4, 3), color, "uint8")
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            expected = frame.reformat(
                format="yuv420p", dst_colorspace=matrix, dst_color_range=range
            )
            luma = films.plane(expected).astype("uint8")
            planes = yuv_of(luma, rgb[::2, ::2] / np.float32(255), tags)
            result = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            for index in (0, 1, 2):
                difference = films.plane(result, index) - films.plane(
                    expected, index
                )
                assert np.abs(difference).max() <= 1

    def test_luma_of_other_formats(self):
        rng = np.random.default_rng(0)
        gray = rng.integers(0, 256, (31, 33), "uint8")
        frame = av.VideoFrame.from_ndarray(gray, format="gray")
        tags = ColorTags.of(frame)
        assert tags.range == 2
        np.testing.assert_array_equal(
            luma_of(frame, tags), np.pad(gray, [(0, 1), (0, 1)], "edge")
        )
        # White of RGB is white.
        white = np.full((16, 16, 3), 255, "uint8")
        frame = av.VideoFrame.from_ndarray(white, format="rgb24")
        luma = luma_of(frame, ColorTags.of(frame))
        assert np.all(gray_of(luma, ColorTags.of(frame)) == 1)

    def test_half_size(self):
        luma = np.random.default_rng(0).integers(0, 256, (4, 6), "uint8")
        result = half_size(luma)
        assert result.shape == (2, 3)
        for y, x in np.ndindex(2, 3):
            rows = luma[2 * y : 2 * y + 2].astype(float).mean(axis=0)
            left = rows[max(2 * x - 1, 0)]
            expected = (left + 2 * rows[2 * x] + rows[2 * x + 1]) / 4
            assert result[y, x] == pytest.approx(expected)

    def test_color_is_that_of_rgb(self):
        """A player shows the color, but for U and V of half the size."""
        tags = ColorTags(1, 1, 1, 1)
        rgb = np.full((8, 8, 3), [0.6, 0.4, 0.3], "float32")
        y = rgb[0, 0] @ np.float32([0.2126, 0.7152, 0.0722])
        luma = np.full((16, 16), round(float(16 + 219 * y)), "uint8")
        frame = av.VideoFrame.from_ndarray(
            yuv_of(luma, rgb, tags), format="yuv420p"
        )
        frame.colorspace, frame.color_range = 1, 1
        shown = frame.to_ndarray(format="rgb24")
        difference = rgb_to_lab(shown[:8, :8]) - rgb_to_lab(rgb)
        assert np.abs(ops.convert_to_numpy(difference)).max() < 1.5
