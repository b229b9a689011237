"""Limits of time and size of a fetch, retries and what a kill leaves."""

import email.utils
import gzip
import os
import subprocess
import sys
import threading
import time

import huggingface_hub
import numpy as np
import pytest

from keras_colorize.presets import fetching
from keras_colorize.presets.hub import HubFiles
from tests.presets.hub_server import git_blob_sha1
from tests.presets.hub_server import sha256

REPO = "someone/some"
NAME = "model.safetensors"
CONTENT = np.random.default_rng(0).bytes(3_000_000)


@pytest.fixture
def commit(hub):
    return hub.add(REPO, {"config.json": b"{}", NAME: CONTENT})


@pytest.fixture
def blobs(tmp_path):
    return tmp_path / "hub_cache" / "models--someone--some" / "blobs"


@pytest.fixture
def waits(monkeypatch):
    """The seconds between retries, which are not waited."""
    seconds = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def load(**options):
    return HubFiles(REPO, **options).first_of(NAME).read_bytes()


def answer(hub, pattern, function):
    hub.routes.insert(0, ("GET", pattern, function))


class TestStall:
    @pytest.mark.parametrize("pattern", ["GET /api/models", "GET /lfs/"])
    def test_silence(self, pattern, hub, commit, monkeypatch):
        assert fetching.STALL == 30
        monkeypatch.setattr(fetching, "STALL", 0.5)
        hub.fail(pattern, delay=20)
        start = time.monotonic()
        with pytest.raises(ConnectionError, match="(?i)timed? ?out"):
            load()
        assert time.monotonic() - start < 10
        assert len(hub.seen(pattern)) == 1

    def test_silence_before_the_headers(self, hub, commit, monkeypatch):
        monkeypatch.setattr(fetching, "STALL", 0.5)
        answer(hub, "/someone/.*", lambda handler, _: hub.closing.wait(20))
        start = time.monotonic()
        with pytest.raises(ConnectionError, match="(?i)timed? ?out"):
            load()
        assert time.monotonic() - start < 10

    def test_a_slow_hub_is_waited_for(self, hub, commit, monkeypatch):
        """Slower than the limit as a whole, and never silent for so long."""
        monkeypatch.setattr(fetching, "STALL", 2.0)

        def slowly(handler, _):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(CONTENT)))
            handler.end_headers()
            for i in range(0, len(CONTENT), 500_000):
                handler.wfile.write(CONTENT[i : i + 500_000])
                hub.closing.wait(0.5)

        answer(hub, "/lfs/.*", slowly)
        start = time.monotonic()
        assert load() == CONTENT
        assert time.monotonic() - start > 2.5


class TestSize:
    def test_more_than_listed(self, hub, commit, blobs):
        """An endless file."""
        sent = []

        def endless(handler, _):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            try:
                while len(sent) < 1000:
                    handler.wfile.write(b"%x\r\n" % len(CONTENT))
                    handler.wfile.write(CONTENT + b"\r\n")
                    sent.append(len(CONTENT))
            except OSError:
                handler.close_connection = True

        answer(hub, "/lfs/.*", endless)
        with pytest.raises(ConnectionError, match="more than the 3,000,000"):
            load()
        # 3 GB were offered. Sockets hold some MB.
        assert sum(sent) < 100_000_000
        assert sum(p.stat().st_size for p in blobs.iterdir()) < 1000

    def test_more_than_listed_at_once(self, hub, commit):
        hub.fail("GET /lfs/", content=lambda content: content + b"x")
        with pytest.raises(ConnectionError, match="more than the 3,000,000"):
            load()

    def test_size_in_the_headers(self, hub, commit):
        """It is not that of the list of files."""
        resolve = hub.routes[3][2]

        def lie(handler, match):
            send = handler.send_header
            handler.send_header = lambda key, value: send(
                key, "9" if key == "X-Linked-Size" else value
            )
            resolve(handler, match)

        hub.routes[3] = (*hub.routes[3][:2], lie)
        with pytest.raises(ConnectionError, match="says two things of model"):
            load()
        assert not hub.seen("/lfs/")

    @pytest.mark.parametrize("pattern", ["/api/.*", "/lfs/.*"])
    @pytest.mark.parametrize("status", [200, 403])
    def test_answer_that_grows(self, pattern, status, hub, commit):
        """50 KB that become 50 MB."""
        bomb = gzip.compress(bytes(50_000_000))
        headers = {"Content-Encoding": "gzip"}
        answer(hub, pattern, lambda h, _: h.send(bomb, status, headers))
        with pytest.raises(ConnectionError, match="10,000,000|encoded as"):
            load()

    def test_other_encodings(self, hub, commit):
        headers = {"Content-Encoding": "zstd"}
        answer(hub, "/api/.*", lambda h, _: h.send(b"{}", headers=headers))
        with pytest.raises(ConnectionError, match="encoded as 'zstd'"):
            load()
        (request, *_) = hub.seen("/api/")
        assert request[2]["accept-encoding"] == "gzip"

    def test_no_limits_are_left_behind(self, hub, commit):
        """In the client that huggingface_hub shares with others."""
        hooks = huggingface_hub.get_session().event_hooks
        before = {kind: list(found) for kind, found in hooks.items()}
        load()
        assert hooks == before


class TestRetries:
    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    @pytest.mark.parametrize(
        "pattern", ["GET /api/models", "HEAD .*/resolve/.*s$", "GET /lfs/"]
    )
    def test_three(self, pattern, status, hub, commit, waits, tmp_path):
        hub.fail(pattern, status=status, times=3)
        assert load() == CONTENT
        assert waits == [1, 2, 4]
        hub.fail(pattern, status=status)
        with pytest.raises(ConnectionError, match="Try again later"):
            load(cache_dir=tmp_path / "elsewhere")

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 416, 501])
    def test_none(self, status, hub, commit, waits):
        hub.fail("GET /lfs/", status=status)
        with pytest.raises(OSError):
            load()
        assert len(hub.seen("GET /lfs/")) == 1
        assert not waits

    @pytest.mark.parametrize("kind", ["seconds", "date"])
    def test_retry_after(self, kind, hub, commit, waits):
        text = "20"
        if kind == "date":
            text = email.utils.formatdate(time.time() + 20, usegmt=True)
        hub.fail("/lfs/", status=503, headers={"Retry-After": text}, times=1)
        assert load() == CONTENT
        assert waits == [pytest.approx(20, abs=5)]

    @pytest.mark.parametrize("text", ["0", "soon", "-5", "²", "9" * 30, ""])
    def test_retry_after_that_says_nothing(self, text, hub, commit, waits):
        headers = {"Retry-After": text}
        hub.fail("/lfs/", status=503, headers=headers, times=1)
        assert load() == CONTENT
        assert waits == [1]

    def test_retry_after_a_day(self, hub, commit, waits):
        hub.fail("/lfs/", status=429, headers={"Retry-After": "86400"})
        with pytest.raises(ConnectionError, match="Try again in 86400 s"):
            load()
        assert len(hub.seen("/lfs/")) == 1 and not waits


class TestLeftovers:
    def test_cut(self, hub, commit, blobs, waits):
        """The rest is fetched, and no byte twice."""
        hub.fail("GET /lfs/", cut_after=1_000_000, times=1)
        hub.fail("GET /lfs/", cut_after=500_000, times=1)
        assert load() == CONTENT
        ranges = [request[2].get("range") for request in hub.seen("GET /lfs/")]
        assert ranges == [None, "bytes=1000000-", "bytes=1500000-"]
        assert {path.name for path in blobs.iterdir()} == {sha256(CONTENT)}

    def test_a_hub_without_ranges(self, hub, commit, waits):
        hub.fail("GET /lfs/", cut_after=1_000_000, times=1)
        answer(hub, "/lfs/.*", lambda handler, _: handler.send(CONTENT))
        assert load() == CONTENT

    def test_of_huggingface_hub(self, hub, commit, blobs):
        blobs.mkdir(parents=True)
        (blobs / f"{sha256(CONTENT)}.0123abcd.incomplete").write_bytes(b"x")
        other = blobs / f"{'0' * 64}.0123abcd.incomplete"
        other.write_bytes(b"x")
        assert load() == CONTENT
        names = {path.name for path in blobs.iterdir()}
        assert names == {sha256(CONTENT), other.name}

    @pytest.mark.parametrize("size", [10, len(CONTENT), len(CONTENT) + 1])
    def test_of_another_file(self, size, hub, commit, blobs):
        blobs.mkdir(parents=True)
        part = blobs / f"{sha256(CONTENT)}.incomplete"
        part.write_bytes(bytes(size))
        if size <= len(CONTENT):
            with pytest.raises(ValueError, match="It is removed; load"):
                load()
            assert not part.exists()
        assert load() == CONTENT

    def test_names_are_hashes_of_git_and_of_large_files(
        self, hub, commit, blobs
    ):
        """As huggingface_hub names them, so it finds them."""
        load()
        path = HubFiles(REPO).first_of("config.json")
        names = {path.name for path in blobs.iterdir()}
        assert names == {sha256(CONTENT), git_blob_sha1(b"{}")}
        found = huggingface_hub.hf_hub_download(
            REPO, "config.json", revision=commit, local_files_only=True
        )
        assert found == str(path)

    @pytest.mark.slow
    def test_killed(self, hub, commit, blobs):
        half = threading.Event()
        lfs = hub.routes[4][2]

        def stop(handler, match):
            if half.is_set():
                return lfs(handler, match)
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(CONTENT)))
            handler.end_headers()
            handler.wfile.write(CONTENT[:2_000_000])
            handler.wfile.flush()
            half.set()
            hub.closing.wait(60)

        hub.routes[4] = (*hub.routes[4][:2], stop)
        code = (
            "from keras_colorize.presets.hub import HubFiles;"
            f"HubFiles({REPO!r}).first_of({NAME!r})"
        )
        environment = {
            "HF_ENDPOINT": hub.url,
            "HF_HUB_CACHE": str(blobs.parents[1]),
            "HF_HUB_OFFLINE": "0",
        }
        run = subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, **environment}
        )
        assert half.wait(120)
        part = blobs / f"{sha256(CONTENT)}.incomplete"
        while part.stat().st_size < 1_900_000:
            assert run.poll() is None
            time.sleep(0.05)
        run.kill()
        run.wait()
        have = part.stat().st_size
        assert load() == CONTENT
        assert hub.seen("/lfs/")[-1][2]["range"] == f"bytes={have}-"
        assert {path.name for path in blobs.iterdir()} == {sha256(CONTENT)}
