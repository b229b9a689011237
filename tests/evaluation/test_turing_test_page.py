"""The page of a study in a real browser, headless Chromium."""

import base64
import io
import json
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from keras_colorize.evaluation import turing_test
from tests.evaluation.test_turing_test import Dark
from tests.evaluation.test_turing_test import smooth_images

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="no browser: chromium or chromedriver is not on the PATH "
        "(Debian: apt-get install chromium chromium-driver)",
    ),
]

# Notes the time of each change of the stage, and its picture or null.
OBSERVE = """
window.changes = [];
const place = document.getElementById("stage");
new MutationObserver(() => {
  const image = place.hidden ? null : place.querySelector("img");
  changes.push([performance.now(), image && image.src]);
}).observe(place, {childList: true, attributes: true});
"""
PHOTOGRAPHS = 4


@pytest.fixture(scope="module")
def originals():
    return smooth_images(PHOTOGRAPHS, 32)


@pytest.fixture
def browser(tmp_path):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.add_argument("--headless=new")
    options.add_argument("--no-sandbox")  # for root, as in containers
    options.add_experimental_option(
        "prefs", {"download.default_directory": str(tmp_path)}
    )
    options.set_capability(
        "goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"}
    )
    driver = webdriver.Chrome(
        options, webdriver.ChromeService(executable_path=DRIVER)
    )
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, originals, tmp_path):
    """A study of two methods, opened in the browser."""
    path = tmp_path / "page.html"
    models = {"half": Dark(2), "third": Dark(3)}
    turing_test.write_study(path, models, originals)
    browser.get(path.as_uri())
    return path


def wait_until(is_done):
    for _ in range(300):
        if result := is_done():
            return result
        time.sleep(0.1)
    raise AssertionError("nothing happened within 30 seconds")


def pixels_of(uri):
    """The picture of a data URI."""
    data = base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)), float)


class Rater:
    """Answers trials; the methods of `fooled_by` fool this rater."""

    def __init__(self, browser, originals, fooled_by):
        self.browser = browser
        self.originals = originals
        self.fooled_by = fooled_by
        self.photographs = []
        self.seconds = []

    def button(self, id):
        return self.browser.find_element("id", id)

    def begin(self, label, count):
        assert self.button("go").text == label
        assert self.button("count").text == f"{count} of {PHOTOGRAPHS}"
        self.browser.execute_script(OBSERVE)
        self.button("go").click()

    def answer(self, key=None):
        """Looks at a trial and answers by a button, or by a key."""
        wait_until(self.button("question").is_displayed)
        changes = self.browser.execute_script("return changes.splice(0)")
        times, pictures = zip(*changes)
        assert pictures[0] is None and pictures[-1] is None
        assert len(pictures) == 4, "an empty stage, two pictures, the question"
        self.seconds += [t / 1000 for t in np.diff(times)[1:]]
        found = [self.recognize(pixels_of(uri)) for uri in pictures[1:3]]
        (photograph, divisor), (same, other) = found
        assert photograph == same and 1 in (divisor, other)
        self.photographs.append(int(photograph))
        wrong = (divisor, other).index(max(divisor, other))
        choice = wrong if max(divisor, other) in self.fooled_by else 1 - wrong
        if key:
            self.browser.find_element("tag name", "body").send_keys(
                str(choice + 1)
            )
        else:
            self.button(("first", "second")[choice]).click()

    def recognize(self, picture):
        """The photograph, and the divisor of its color: 1 is the original."""
        candidates = {
            (i, divisor): np.abs(original // divisor - picture).mean()
            for i, original in enumerate(self.originals)
            for divisor in (1, 2, 3)
        }
        return min(candidates, key=candidates.get)

    def download(self, folder):
        """The answers that the page gives."""
        for path in folder.glob("answers_*.json"):
            path.unlink()
        self.button("download").click()
        (path,) = wait_until(lambda: list(folder.glob("answers_*.json")))
        return path, json.loads(path.read_text())


class TestPage:
    def test_study(self, browser, page, originals, tmp_path):
        """Answers, reloads within a trial, goes on, downloads, scores."""
        rater = Rater(browser, originals, fooled_by=(2,))
        assert not rater.button("download").is_enabled()
        rater.begin("Start", 0)
        rater.answer()
        rater.answer(key=True)
        wait_until(rater.button("stage").is_displayed)
        browser.refresh()
        _, half = rater.download(tmp_path)
        assert len(half["answers"]) == 2
        rater.begin("Go on", 2)
        rater.answer()
        rater.answer()
        wait_until(rater.button("end").is_displayed)
        browser.refresh()
        assert rater.button("end").is_displayed()
        path, content = rater.download(tmp_path)
        assert path.name == f"answers_{content['rater']}.json"
        assert content["answers"][:2] == half["answers"]
        assert content["rater"] == half["rater"]
        seen = [answer["photograph"] for answer in content["answers"]]
        assert seen == rater.photographs
        assert sorted(seen) == list(range(PHOTOGRAPHS))
        assert {
            s.method: (s.share, s.answers) for s in turing_test.score([path])
        } == {"half": (1, 2), "third": (0, 2)}
        assert min(rater.seconds) > 0.98
        assert np.median(rater.seconds) < 1.5
        assert browser.get_log("browser") == []
        requests = [
            message["params"]["request"]["url"]
            for entry in browser.get_log("performance")
            if (message := json.loads(entry["message"])["message"])["method"]
            == "Network.requestWillBeSent"
        ]
        assert page.as_uri() in requests
        assert all(
            url == page.as_uri() or url.startswith(("data:", "blob:"))
            for url in requests
        )

    def test_another_study_in_the_same_browser(
        self, browser, page, originals, tmp_path
    ):
        rater = Rater(browser, originals, fooled_by=())
        rater.begin("Start", 0)
        rater.answer()
        # The browser stores answers a moment later.
        wait_until(lambda: rater.button("count").text.startswith("1 of"))
        time.sleep(1)
        other = tmp_path / "other.html"
        turing_test.write_study(other, {"half": Dark(2)}, originals[::-1])
        browser.get(other.as_uri())
        assert rater.button("count").text == f"0 of {PHOTOGRAPHS}"
        browser.get(page.as_uri())
        assert rater.button("count").text == f"1 of {PHOTOGRAPHS}"

    def test_a_second_tab(self, browser, page, originals):
        """A trial that was hidden is shown again; both tabs go on as one."""
        rater = Rater(browser, originals, fooled_by=())
        rater.begin("Start", 0)
        wait_until(rater.button("stage").is_displayed)
        first = browser.current_window_handle
        browser.switch_to.new_window("tab")
        browser.get(page.as_uri())
        second = browser.current_window_handle
        browser.switch_to.window(first)
        wait_until(rater.button("start").is_displayed)
        browser.switch_to.window(second)
        rater.begin("Start", 0)
        rater.answer()
        browser.switch_to.window(first)
        wait_until(lambda: rater.button("count").text.startswith("1 of"))
        rater.begin("Go on", 1)
        rater.answer()
        assert len(set(rater.photographs)) == 2

    def test_random_order(self, browser, page):
        plans = browser.execute_script(
            "return Array.from({length: 500}, start)"
        )
        assert len({plan["rater"] for plan in plans}) == 500
        firsts = []
        for plan in plans:
            keys = ("photograph", "method", "coloring")
            photographs, methods, colorings = zip(
                *([trial[key] for key in keys] for trial in plan["trials"])
            )
            assert sorted(photographs) == list(range(PHOTOGRAPHS))
            assert sorted(methods) == [0, 0, 1, 1]
            firsts.append((photographs[0], methods[0], colorings[0] == "first"))
        # Each number is a binomial count of standard deviation 10 or 11.
        photographs, methods, colorings = np.transpose(firsts)
        counts = np.bincount(photographs, minlength=PHOTOGRAPHS)
        assert np.abs(counts - 500 / PHOTOGRAPHS).max() < 50
        assert abs(methods.sum() - 250) < 56
        assert abs(colorings.sum() - 250) < 56
