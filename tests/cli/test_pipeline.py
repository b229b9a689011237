import json
import signal
import threading
import warnings
import weakref

import numpy as np
import pytest

import keras_colorize
from keras_colorize.models import Colorizer
from keras_colorize_cli.colorize import coloring
from keras_colorize_cli.colorize import pipeline
from tests.cli.conftest import names
from tests.cli.conftest import pixels
from tests.cli.conftest import records

SECONDS = 60  # until a test gives up


def generate(self, images, num_samples, dtype, **options):
    """Gray colorings, without the time that a model takes."""
    shape = (num_samples, *images.shape[:2], 3)
    return np.broadcast_to(images[..., :1], shape).astype(dtype)


@pytest.fixture
def album(photo, tmp_path):
    """Photographs 00.png to 11.png, whose heights tell them apart."""
    for k in range(12):
        photo(tmp_path / "in" / f"{k:02}.png", seed=k, shape=(2 + k, 9))
    return tmp_path / "in"


@pytest.fixture
def generates(monkeypatch):
    """Lets the model run a function of a photograph's number at each draw."""

    def set(function):
        def generate_after(self, images, **options):
            function(len(images) - 2)
            return generate(self, images, **options)

        monkeypatch.setattr(Colorizer, "generate", generate_after)

    return set


class TestJobs:
    def test_equal_outputs(self, run, photo, album, tmp_path):
        photo(album / "a.jpg", channels=3)
        photo(album / "deep.tif", bits=16)
        (album / "05.png").write_text("not a photograph")
        found = []
        for jobs in (1, 4):
            out = tmp_path / f"out{jobs}"
            code, text, errors = run(
                *("colorize", album, "-o", out, "--jobs", jobs, "--seed", 2),
                *("--num-samples", 2, "--json"),
            )
            assert code == 1
            text, errors = (x.replace(out.name, "out") for x in (text, errors))
            lines = [json.loads(line) for line in text.splitlines()]
            entries = records(out)
            for record in [*lines, *entries]:
                del record["seconds"]
            files = {name: (out / name).read_bytes() for name in names(out)}
            found.append((files, lines, entries, errors))
        assert len(files) == 3 * 13
        assert found[0] == found[1]

    def test_photographs_at_a_time(self, run, album, tmp_path, generates):
        together = threading.Barrier(3)
        generates(lambda number: together.wait(SECONDS))
        command = ("colorize", album, "-o", tmp_path / "out", "--jobs", 3)
        # Three draws wait for each other, four times.
        assert run(*command)[0] == 0

    def test_order_and_memory(
        self, run, album, tmp_path, monkeypatch, generates
    ):
        """As many photographs are in memory as jobs, whatever their number."""
        out = tmp_path / "out"
        alive, most = weakref.WeakSet(), 0
        read = pipeline.read_photograph

        def counted(path, max_pixels):
            nonlocal most
            photograph = read(path, max_pixels)
            alive.add(photograph)
            most = max(most, len(alive))
            return photograph

        written = threading.Event()
        write = coloring.write

        def told(photograph, outputs, *arguments):
            write(photograph, outputs, *arguments)
            if outputs.colorings[0].name.startswith("03"):
                written.set()

        monkeypatch.setattr(pipeline, "read_photograph", counted)
        monkeypatch.setattr(coloring, "write", told)
        # The first is slower than three others.
        generates(lambda number: number or written.wait(SECONDS))
        code, text, _ = run("colorize", album, "-o", out, "--json", "--jobs", 3)
        assert code == 0 and written.is_set() and most == 3
        expected = [f"{k:02}" for k in range(12)]
        assert [json.loads(x)["name"] for x in text.splitlines()] == expected
        assert [record["name"] for record in records(out)] == expected
        assert len(names(out)) == 24

    def test_interrupt(self, run, album, tmp_path, generates, monkeypatch):
        """What is written when Ctrl-C comes is finished; drawing stops."""
        out = tmp_path / "out"
        drawing, stopping = threading.Event(), threading.Event()
        write = coloring.write

        def slow(photograph, *arguments):
            assert drawing.wait(SECONDS)
            main = threading.main_thread().ident
            signal.pthread_kill(main, signal.SIGINT)
            assert stopping.wait(SECONDS)
            write(photograph, *arguments)

        def draw(self, images, progress, **options):
            if len(images) > 2:
                drawing.set()
                for _ in range(100 * SECONDS):
                    try:
                        progress(1, 2)
                    except BaseException:
                        stopping.set()
                        raise
                    stopping.wait(0.01)
            return generate(self, images, **options)

        monkeypatch.setattr(coloring, "write", slow)
        monkeypatch.setattr(Colorizer, "generate", draw)
        # A shell starts jobs in the background without the handler.
        handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            code, text, errors = run("colorize", album, "-o", out, "--jobs", 2)
        finally:
            signal.signal(signal.SIGINT, handler)
        assert code == 130 and errors.endswith("Interrupted.\n")
        assert "error" not in errors and "colored: 1. Files written: 2" in text
        assert names(out) == ["00_1.png", "00_sheet.png"]
        for name in names(out):
            assert pixels(out / name).shape[2] == 3
        assert [record["name"] for record in records(out)] == ["00"]


class TestWarnings:
    @pytest.fixture
    def warn(self):
        """Warns as the package does."""

        def warn(text):
            warnings.warn_explicit(
                text, UserWarning, keras_colorize.__file__, 1
            )

        return warn

    def test_of_photographs_that_are_drawn_together(
        self, run, album, tmp_path, warn, generates
    ):
        together = threading.Barrier(3)

        def draw(number):
            together.wait(SECONDS)
            for _ in range(2):
                warn(f"number {number}")

        generates(draw)
        command = ("colorize", album, "-o", tmp_path / "out", "--jobs", 3)
        _, _, errors = run(*command)
        found = [x for x in errors.splitlines() if x.startswith("warning")]
        assert sorted(found) == [
            f"warning: {album}/{k:02}.png: number {k}" for k in range(12)
        ]

    def test_in_threads_of_the_model(
        self, run, album, tmp_path, warn, generates
    ):
        together = threading.Barrier(2)

        def draw(number):
            together.wait(SECONDS)
            if number == 1:
                thread = threading.Thread(target=warn, args=("overflow",))
                thread.start()
                thread.join()
            together.wait(SECONDS)

        generates(draw)
        _, _, errors = run("colorize", album, "-o", tmp_path / "out")
        assert errors.count("overflow") == 1
        warning = next(x for x in errors.splitlines() if "overflow" in x)
        assert all(f"{album}/{name}.png" in warning for name in ("00", "01"))
        assert " or " in warning
