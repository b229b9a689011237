"""The page of `keras-colorize demo` in a real browser, headless Chromium."""

import json
import socket
import tempfile
import time

import numpy as np
import pytest
from keras import ops
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from keras_colorize.color import rgb_to_lab
from keras_colorize.images import read_photograph
from tests.cli.test_demo import histograms as histograms
from tests.evaluation.test_turing_test_page import browser as browser
from tests.evaluation.test_turing_test_page import pytestmark as pytestmark
from tests.evaluation.test_turing_test_page import wait_until

pytest.importorskip("gradio")

MAX_PIXELS = 60_000
RED = 192, 57, 43  # the page's first brush


@pytest.fixture(scope="module")
def connections():
    """The addresses that this process connects to."""
    found = []
    connect = socket.socket.connect

    def noted(self, address):
        found.append(address)
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", noted)
        yield found


@pytest.fixture
def page(model, histograms, browser, connections, tmp_path, monkeypatch):
    """The page with two models, opened in the browser."""
    from keras_colorize_cli.demo import page

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setitem(page._AGES, "no page", 2)
    with page.serve(
        {"tiny": model, "histograms": histograms},
        "127.0.0.1",
        None,
        MAX_PIXELS,
        browser=False,
    ) as address:
        browser.get(address)
        yield Page(browser, address, tmp_path)
    assert not list((tmp_path / "temporary").glob("keras_colorize_*"))


class Page:
    def __init__(self, browser, address, folder):
        self.browser = browser
        self.address = address
        self.folder = folder
        self.shown = []

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return wait_until(lambda: self.all(selector))[0]

    def upload(self, path):
        self.one("#upload input[type=file]").send_keys(str(path))

    def sources(self, selector):
        # In one step: the page may replace its pictures at any time.
        return self.browser.execute_script(
            "return Array.from(document.querySelectorAll(arguments[0]), "
            "image => image.src)",
            selector,
        )

    def wait_for_colorings(self):
        """Waits until six colorings are there and none is an older one."""

        def new():
            found = self.sources("#gallery img")
            return (
                len(found) == 6 and not set(found) & set(self.shown) and found
            )

        self.shown = wait_until(new)

    def download(self, name):
        """Downloads the chosen coloring; returns its pixels."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        wait_until(self.one("#download").is_enabled)
        self.one("#download").click()
        wait_until(path.exists)
        return read_photograph(path).pixels

    def files(self):
        """The files in the folder for temporary files."""
        # TensorFlow has files in the same folder.
        places = (self.folder / "temporary").glob("keras_colorize_*/**/*")
        return [path for path in places if path.is_file()]

    def paint(self):
        """Draws a red stroke through the middle of the photograph."""
        canvas = self.one("#editor canvas")
        self.browser.execute_script("arguments[0].scrollIntoView()", canvas)
        actions = ActionChains(self.browser)
        actions.move_to_element_with_offset(canvas, -40, 0).click_and_hold()
        for _ in range(4):
            actions.move_by_offset(20, 0)
        actions.release().perform()
        time.sleep(1)  # The editor takes strokes over after a while.

    def wait_for_message(self, text):
        def found():
            return any(text in e.text for e in self.all(".toast-message-text"))

        wait_until(found)


@pytest.fixture
def colored(page, photo):
    """The page with a colored photograph; also returns the pixels."""
    path = photo(page.folder / "cat.png", channels=3, shape=(96, 128))
    page.upload(path)
    page.wait_for_colorings()
    return page, read_photograph(path).pixels


class TestPage:
    def test_color_and_download(self, colored, model, connections):
        page, pixels = colored
        assert not page.sources("#uncertainty img")
        best = model.generate(pixels, readout="mean", verbose=0)[0]
        np.testing.assert_array_equal(page.download("cat_best.png"), best)
        samples = model.generate(pixels, num_samples=5, seed=0, verbose=0)
        page.all("#gallery .gallery-item button")[3].click()
        wait_until(lambda: page.sources("#slider img")[1].endswith("_3.jpg"))
        np.testing.assert_array_equal(page.download("cat_3.png"), samples[2])

        seed = page.one("#seed input")
        seed.send_keys(Keys.BACKSPACE, "7", Keys.TAB)
        page.one("#color").click()
        page.wait_for_colorings()
        page.all("#gallery .gallery-item button")[5].click()
        wait_until(lambda: page.sources("#slider img")[1].endswith("_5.jpg"))
        samples = model.generate(pixels, num_samples=5, seed=7, verbose=0)
        np.testing.assert_array_equal(page.download("cat_5.png"), samples[4])

        requests = [
            message["params"]["request"]["url"]
            for entry in page.browser.get_log("performance")
            if (message := json.loads(entry["message"])["message"])["method"]
            == "Network.requestWillBeSent"
        ]
        assert page.address in requests
        ours = (page.address, "data:", "blob:")
        assert all(url.startswith(ours) for url in requests)
        log = page.browser.get_log("browser")
        assert not [entry for entry in log if entry["level"] == "SEVERE"]
        # Gradio asks its own server whether it is up.
        assert connections
        assert {address[0] for address in connections} == {"127.0.0.1"}

        assert page.files()
        page.browser.get("about:blank")
        wait_until(lambda: not page.files())

    def test_hints(self, colored, model, photo):
        page, pixels = colored
        page.paint()
        page.one("#color").click()
        page.wait_for_colorings()
        hinted = page.download("cat_best.png")
        plain = model.generate(pixels, readout="mean", verbose=0)[0]
        red = ops.convert_to_numpy(rgb_to_lab(np.array(RED, "uint8")))[1:]
        lab = ops.convert_to_numpy(rgb_to_lab(hinted))
        stroke = lab[48, 54:74, 1:]
        angles = (np.arctan2(*x.T[::-1]) for x in (stroke, red))
        difference = np.subtract(*angles)
        assert np.abs(difference).max() < 0.3
        assert (hinted[80:] != plain[80:]).any()

        # The strokes go with the photograph.
        path = photo(page.folder / "dog.png", shape=(96, 128), seed=1)
        pixels = read_photograph(path).pixels
        page.upload(path)
        page.wait_for_colorings()
        page.one("#color").click()
        page.wait_for_colorings()
        plain = model.generate(pixels, readout="mean", verbose=0)[0]
        np.testing.assert_array_equal(page.download("dog_best.png"), plain)

    def test_preset_without_hints(self, colored):
        page, _ = colored
        assert page.one("#note").text == "Strokes of the brush are hints."
        page.one("#preset input").click()
        page.one("li[role=option][aria-label=histograms]").click()
        note = "The preset histograms takes no hints."
        wait_until(lambda: page.one("#note").text == note)
        page.paint()
        page.one("#color").click()
        page.wait_for_colorings()
        page.wait_for_message(note)
        wait_until(lambda: page.sources("#uncertainty img"))

    def test_bad_files(self, page, photo):
        bad = page.folder / "bad.png"
        bad.write_text("text")
        page.upload(bad)
        page.wait_for_message("'bad.png' is not a photograph")
        page.upload(photo(page.folder / "large.png", shape=(250, 250)))
        page.wait_for_message("more than max_pixels = 60000")
        (page.folder / "long.png").write_bytes(bytes(8 * MAX_PIXELS + 1))
        page.upload(page.folder / "long.png")
        page.wait_for_message("exceed the maximum allowed size")
        assert not page.sources("#gallery img")
        page.browser.get("about:blank")
        wait_until(lambda: not page.files())
