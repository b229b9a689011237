"""The page of `keras-colorize demo` in a real browser, headless Chromium."""

import json
import pathlib
import socket
import tempfile

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from keras_colorize.color import rgb_to_lab
from keras_colorize.images import read_photograph
from tests.evaluation.test_turing_test_page import browser as browser
from tests.evaluation.test_turing_test_page import pytestmark as pytestmark
from tests.evaluation.test_turing_test_page import wait_until

pytest.importorskip("gradio")

MAX_PIXELS = 200 * 300


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
def page(model, browser, connections, tmp_path, monkeypatch):
    """The page, opened in the browser."""
    from keras_colorize_cli.demo import page

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with page.serve(
        {"tiny": model}, "127.0.0.1", None, MAX_PIXELS, browser=False
    ) as address:
        browser.get(address)
        yield Page(browser, address, tmp_path)


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
        return [image.get_attribute("src") for image in self.all(selector)]

    def wait_for_colorings(self):
        """Waits until six colorings are there and none is an older one."""

        def new():
            found = self.sources("#gallery img")
            return len(found) == 6 and not set(found) & set(self.shown) and found

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
        places = (self.folder / "temporary").rglob("*")
        return [path for path in places if path.is_file()]

    def toast(self):
        return wait_until(lambda: self.all(".toast-body"))[0].text


class TestPage:
    def test_color(self, page, model, photo, connections):
        path = photo(page.folder / "cat.png", channels=3, shape=(96, 128))
        page.upload(path)
        page.wait_for_colorings()
        best = page.download("cat_best.png")
        pixels = read_photograph(path).pixels
        np.testing.assert_array_equal(
            best, model.generate(pixels, temperature=0.0, seed=0)[0]
        )
        page.all("#gallery button.thumbnail-lg")[3].click()
        wait_until(lambda: page.sources("#slider img")[1].endswith("_3.jpg"))
        expected = model.generate(pixels, num_samples=5, seed=0)
        np.testing.assert_array_equal(page.download("cat_3.png"), expected[2])
