"""The page in a real browser, headless Chromium."""

import base64
import functools
import http.server
import io
import pathlib
import shutil
import threading
import time

import keras
import numpy as np
import pytest
from PIL import Image

from tests.models.exported import model_named

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
DRIVER = shutil.which("chromedriver")
FOLDER = pathlib.Path(__file__).parents[2] / "examples/onnx_in_the_browser"
MODULES = FOLDER / "node_modules"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="Keras exports pictures of any size from tensorflow alone",
    ),
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="no browser: chromium or chromedriver is not on the PATH "
        "(Debian: apt-get install chromium chromium-driver)",
    ),
    pytest.mark.skipif(
        not (MODULES / "onnxruntime-web").exists(),
        reason=f"no onnxruntime-web: run npm install in {FOLDER.name}",
    ),
]


@pytest.fixture
def browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.add_argument("--headless=new")
    options.add_argument("--no-sandbox")  # for root, as in containers
    driver = webdriver.Chrome(
        options, webdriver.ChromeService(executable_path=DRIVER)
    )
    yield driver
    driver.quit()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def site(tmp_path):
    """The page and onnxruntime-web, served from a folder without a model."""
    folder = tmp_path / "site"
    folder.mkdir()
    shutil.copy(FOLDER / "index.html", folder)
    (folder / "node_modules").symlink_to(MODULES)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=folder)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def status_after(browser, *texts):
    """Waits while the status is one of some texts."""
    for _ in range(300):
        status = browser.find_element("id", "status").text
        if status not in texts:
            return status
        time.sleep(0.1)
    raise AssertionError(f"the status is {status!r} after 30 seconds")


def choose(browser, path):
    browser.find_element("id", "file").send_keys(str(path))
    return status_after(browser, "choose a photograph", "working")


def canvas_of(browser):
    uri = browser.execute_script("return canvas.toDataURL('image/png')")
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


class TestPage:
    @pytest.mark.parametrize("name", ["pixcolor", "pic"])
    def test_colors_of_generate(self, browser, site, tmp_path, name):
        folder, address = site
        model = model_named(name)
        model.export_colorizer(folder / "model.onnx")
        readout = model.default_readout(drawn=False)
        readout = "mean" if readout == "sample" else readout
        # Each looks the same however it is shrunk: one is as large as the
        # model's gray, and one is flat, of proportions that no grid has.
        size = (model.chroma_factor * side for side in model.grid_of(20, 30))
        noise = np.random.default_rng(0).integers(
            0, 256, (*size, 3), dtype="uint8"
        )
        for rgb in (noise, np.full((60, 20, 3), 90, "uint8")):
            Image.fromarray(rgb).save(tmp_path / "photo.png")
            browser.get(f"{address}?size=16&factor={model.chroma_factor}")
            status = status_after(browser, "", "loading the model")
            assert status == "choose a photograph"
            assert choose(browser, tmp_path / "photo.png") == "done"
            (expected,) = model.generate(
                rgb, readout=readout, upsampling="bilinear", verbose=0
            )
            assert np.ptp(expected.astype(int), axis=-1).max() > 10
            found = canvas_of(browser)
            np.testing.assert_allclose(found.astype(int), expected, atol=1)

    def test_bad_files(self, browser, site, tmp_path):
        folder, address = site
        (tmp_path / "bad.png").write_bytes(b"no picture")
        browser.get(address)
        status = status_after(browser, "", "loading the model")
        assert "model.onnx" in status or "load model" in status
        model_named("hue_chroma").export_colorizer(folder / "model.onnx")
        browser.get(f"{address}?size=16&factor=4")
        status_after(browser, "", "loading the model")
        assert "decoded" in choose(browser, tmp_path / "bad.png")
        Image.new("L", (16, 16)).save(tmp_path / "gray.png")
        browser.find_element("id", "file").send_keys(str(tmp_path / "gray.png"))
        status = status_after(browser, "The source image could not be decoded.")
        assert status == "the model is of hue_chroma, this page knows " + (
            "ycbcr,lab"
        )
