import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import tomllib
import urllib.request

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from keras_colorize.images import read_photograph
from keras_colorize.models import ColorizerCIC
from keras_colorize_cli.demo import pictures
from keras_colorize_cli.main import main

ROOT = pathlib.Path(__file__).parents[2]
MAX_PIXELS = 5000


@pytest.fixture(scope="module")
def histograms():
    """A model with uncertainty, without hints."""
    return ColorizerCIC(width=1 / 32, image_size=16)


@pytest.fixture
def session(tmp_path):
    (tmp_path / "session").mkdir()
    return pictures.Session(tmp_path / "session", MAX_PIXELS)


def files(folder):
    return {path.name for path in folder.rglob("*") if path.is_file()}


def color(session, model, seed=0, temperature=1.0, layers=(), progress=None):
    session.color(model, "tiny", seed, temperature, layers, progress or ignore)


def ignore(*rows):
    pass


class TestHintsOf:
    def test_every_pixel(self):
        rng = np.random.default_rng(0)
        layers = [rng.integers(0, 256, (4, 6, 4), "uint8") for _ in range(2)]
        mask, chroma = pictures.hints_of(layers, (10, 9))
        for y in range(10):
            for x in range(9):
                # The pixel of the layers that holds the center.
                r, c = int((y + 0.5) / 10 * 4), int((x + 0.5) / 9 * 6)
                opaque = [p[r, c] for p in layers if p[r, c, 3] >= 128]
                assert mask[y, x] == bool(opaque)
                if opaque:
                    lab = rgb2lab(opaque[-1][:3] / 255)
                    np.testing.assert_allclose(chroma[y, x], lab[1:], atol=0.02)
        assert 0 < mask.sum() < mask.size

    def test_nothing_painted(self):
        faint = np.full((4, 6, 4), 127, "uint8")
        assert pictures.hints_of([faint], (10, 9)) is None
        assert pictures.hints_of([], (10, 9)) is None


class TestBestOptions:
    def test_random_readout(self, model):
        assert pictures.best_options(model, None) == {"readout": "mean"}

    def test_readout_without_noise(self, histograms):
        assert pictures.best_options(histograms, None) == {}

    def test_hints(self, model):
        assert pictures.best_options(model, object()) == {"readout": "mean"}


class TestSession:
    def test_files(self, session, model, photo, tmp_path):
        upload = photo(tmp_path / "a b.tif", 3, bits=16, alpha=9)
        photograph = read_photograph(upload)
        session.open(upload)
        assert not upload.exists()
        gray = np.asarray(Image.open(session.gray).convert("RGB"), int)
        assert gray.shape == (12, 16, 3) and not session.pictures
        assert (gray == gray[..., :1]).all() and np.ptp(gray) > 2
        rows = []
        color(session, model, 3, 0.5, progress=lambda *r: rows.append(r))
        assert rows[-1][0] == rows[-1][1]
        best, *samples = session.pictures
        assert [p.caption for p in session.pictures] == [
            *("Best", "Sample 1", "Sample 2", "Sample 3", "Sample 4"),
            "Sample 5",
        ]
        assert best.file.name == "a b_best.tif"
        assert samples[4].file.name == "a b_5.tif"
        assert "preset tiny" in read_photograph(samples[4].file).xmp.decode()
        expected = (
            *model.generate(
                photograph.pixels, readout="mean", dtype="uint16", verbose=0
            ),
            *model.generate(
                photograph.pixels,
                num_samples=5,
                temperature=0.5,
                seed=3,
                dtype="uint16",
                verbose=0,
            ),
        )
        for picture, pixels in zip(session.pictures, expected, strict=True):
            written = read_photograph(picture.file)
            np.testing.assert_array_equal(written.pixels, pixels)
            np.testing.assert_array_equal(written.alpha, photograph.alpha)
            assert Image.open(picture.preview).size == (16, 12)
        assert session.uncertainty is None

    def test_hints(self, session, model, photo, tmp_path):
        upload = photo(tmp_path / "a.png")
        pixels = read_photograph(upload).pixels
        session.open(upload)
        layer = np.zeros((6, 8, 4), "uint8")
        layer[1, 2:5] = 200, 40, 40, 255
        color(session, model, layers=[layer])
        hints = pictures.hints_of([layer], (12, 16))
        assert hints[0].sum() == 12
        expected = model.generate(
            pixels, num_samples=5, seed=0, hints=hints, verbose=0
        )
        for picture, coloring in zip(session.pictures[1:], expected):
            written = read_photograph(picture.file).pixels
            np.testing.assert_array_equal(written, coloring)

    def test_model_without_hints(self, session, histograms, photo, tmp_path):
        upload = photo(tmp_path / "a.png")
        pixels = read_photograph(upload).pixels
        session.open(upload)
        color(session, histograms, layers=[np.full((6, 8, 4), 255, "uint8")])
        np.testing.assert_array_equal(
            read_photograph(session.pictures[0].file).pixels,
            histograms.generate(pixels, verbose=0)[0],
        )
        np.testing.assert_allclose(
            np.asarray(Image.open(session.uncertainty)) / 255,
            histograms.uncertainty(pixels),
            atol=0.5 / 255 + 1e-6,
        )

    def test_only_the_last_files_stay(self, session, model, photo, tmp_path):
        session.open(photo(tmp_path / "a.jpg"))
        color(session, model, seed=0)
        first = session.pictures
        color(session, model, seed=1)
        assert not {p.file for p in first} & {p.file for p in session.pictures}
        assert len(files(tmp_path / "session")) == 2 + 2 * 6
        assert not any(p.file.exists() or p.preview.exists() for p in first)
        session.open(photo(tmp_path / "b.jpg"))
        assert files(tmp_path / "session") == {"b.jpg", "_gray.jpg"}
        session.close()
        assert not (tmp_path / "session").exists()

    def test_close_waits(self, session, model, photo, tmp_path):
        """A page that is closed while it draws leaves nothing behind."""
        session.open(photo(tmp_path / "a.png"))
        closing = threading.Thread(target=session.close)
        color(
            session, model, progress=lambda *_: closing.ident or closing.start()
        )
        closing.join(30)
        assert not (tmp_path / "session").exists()

    def test_no_photograph(self, session, model):
        with pytest.raises(ValueError, match="no photograph yet"):
            color(session, model)

    def test_bad_files(self, session, model, photo, tmp_path):
        session.open(photo(tmp_path / "a.png"))
        (tmp_path / "b.png").write_text("text")
        with pytest.raises(ValueError, match="^'b.png' is not a photograph"):
            session.open(tmp_path / "b.png")
        large = photo(tmp_path / "c.png", shape=(50, 101))
        with pytest.raises(ValueError, match="5050 pixels, more than max_pix"):
            session.open(large)
        with pytest.raises(ValueError, match="^c.png is not there any more"):
            session.open(large)
        # Otherwise the page would color the older photograph.
        with pytest.raises(ValueError, match="no photograph yet"):
            color(session, model)


class TestPreview:
    def test_size_and_depth(self, photo, tmp_path):
        path = photo(tmp_path / "a.png", 1, 16, shape=(40, 3000))
        small = pictures.preview(read_photograph(path))
        assert small.pixels.shape == (14, 1024, 1)
        assert small.pixels.dtype == "uint8"


class TestCommand:
    def test_without_gradio(self, monkeypatch, capsys):
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        assert main(["demo"]) == 2
        assert 'install "keras-colorize[demo]"' in capsys.readouterr().err

    @pytest.mark.slow
    def test_port_taken(self, run):
        pytest.importorskip("gradio")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            code, _, err = run("demo", "--port", port, "--no-browser")
        assert code == 2 and f"{port}" in err

    @pytest.mark.slow
    def test_space(self, preset, tmp_path):
        """The Space's script serves the page and leaves no file behind."""
        pytest.importorskip("gradio")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        address = f"http://127.0.0.1:{port}/"
        script = [sys.executable, ROOT / "examples/space/app.py"]
        arguments = ["--host", "127.0.0.1", "--port", str(port)]
        server = subprocess.Popen(
            [*script, *arguments, "--preset", preset],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": ROOT},
        )
        with server:
            try:
                assert address in server.stdout.readline()
                with urllib.request.urlopen(address) as page:
                    assert "keras-colorize" in page.read().decode()
                assert len(list(tmp_path.glob("keras_colorize_*"))) == 1
            finally:
                server.send_signal(signal.SIGTERM)
        assert server.returncode == 0
        assert not list(tmp_path.glob("keras_colorize_*"))

    def test_the_space_has_the_version_of_the_extra(self):
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())
        extras = extras["project"]["optional-dependencies"]["demo"]
        (bound,) = (x[8:] for x in extras if x.startswith("gradio>="))
        card = (ROOT / "examples/space/README.md").read_text()
        assert re.search(rf"^sdk_version: {bound}\.\d+$", card, re.MULTILINE)
