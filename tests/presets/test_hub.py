"""Loading from a hub on loopback."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import traceback

import huggingface_hub
import numpy as np
import PIL.Image
import pytest

from keras_colorize import Colorizer
from keras_colorize import ColorizerPIC
from keras_colorize.presets import register_presets
from keras_colorize.presets import registry
from tests.models.small import CONFIG
from tests.models.small import small_pic
from tests.presets import hub_server
from tests.presets.hub_server import TOKEN
from tests.presets.hub_server import Commit
from tests.presets.hub_server import sha256

REPO = "someone/small"
URI = f"hf://{REPO}"


@pytest.fixture(scope="module")
def models():
    """Two models of one config, and the files of their presets."""
    return [small_pic(name=name) for name in ("first", "second")]


@pytest.fixture(scope="module")
def presets(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("presets")
    for model in models:
        model.save_to_preset(folder / model.name)
    models[0].save_to_preset(folder / "sharded", max_shard_size="20KB")
    return {
        path.name: {file.name: file.read_bytes() for file in path.iterdir()}
        for path in folder.iterdir()
    }


@pytest.fixture
def first(hub, presets):
    """The id of the commit that a repository was made with."""
    return hub.add(REPO, presets["first"])


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "hub_cache"


@pytest.fixture
def offline(monkeypatch):
    def start():
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)

    return start


@pytest.fixture
def no_waiting(monkeypatch):
    """Retries of huggingface_hub without the seconds between them."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def assert_same_weights(model, other):
    for ours, theirs in zip(
        model.get_weights(), other.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def flip_a_byte(content):
    middle = len(content) // 2
    flipped = bytes([content[middle] ^ 1])
    return content[:middle] + flipped + content[middle + 1 :]


def process(code, *arguments, **environment):
    """Starts Python with `code`, which reads its own environment."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env={
            **os.environ,
            "NO_PROXY": "127.0.0.1,localhost",
            "HF_HUB_OFFLINE": "0",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class TestDownload:
    def test_model(self, hub, first, models):
        model = Colorizer.from_preset(URI)
        assert type(model) is ColorizerPIC
        assert_same_weights(model, models[0])

    def test_only_what_is_needed_is_fetched(self, hub, presets):
        files = {**presets["first"], "evil.py": b"1/0", "pytorch.bin": b"."}
        hub.add(REPO, files)
        ColorizerPIC.from_preset(URI)
        names = {path.rsplit("/", 1)[1] for _, path, _ in hub.seen("/resolve/")}
        assert names == {"config.json", "model.safetensors"}

    def test_without_weights(self, hub, first):
        ColorizerPIC.from_preset(URI, load_weights=False, dropout=0.25)
        assert not hub.seen("safetensors")

    def test_second_time_fetches_nothing(self, hub, first, models):
        ColorizerPIC.from_preset(URI)
        count = len(hub.seen("GET .*/resolve/|/lfs/"))
        assert_same_weights(ColorizerPIC.from_preset(URI), models[0])
        assert len(hub.seen("GET .*/resolve/|/lfs/")) == count

    def test_shards(self, hub, presets, models):
        assert len(presets["sharded"]) > 4
        hub.add(REPO, presets["sharded"])
        assert_same_weights(ColorizerPIC.from_preset(URI), models[0])
        hub.requests.clear()
        assert_same_weights(ColorizerPIC.from_preset(URI), models[0])
        assert not hub.seen("/resolve/")

    def test_too_large_to_fetch(self, hub, presets):
        name = "config.json"
        hub.add(REPO, {**presets["first"], name: bytes(11_000_000)})
        with pytest.raises(ValueError, match=f"{name} of .* 11,000,000 bytes"):
            ColorizerPIC.from_preset(URI)
        assert not hub.seen(f"/resolve/.*/{name}")

    def test_index_that_names_no_file_of_the_commit(self, hub, presets):
        index = "model.safetensors.index.json"
        other = {
            f"w{i}": f"model-{i:05}-of-90000.safetensors" for i in range(50)
        }
        content = json.dumps({"weight_map": other}).encode()
        hub.add(REPO, {**presets["sharded"], index: content})
        with pytest.raises(FileNotFoundError, match="no model-00000-of-90000"):
            ColorizerPIC.from_preset(URI)
        assert not hub.seen("/resolve/.*/model-0|/lfs/")

    def test_overrides_and_dtype(self, hub, first):
        model = ColorizerPIC.from_preset(
            URI, dtype="mixed_bfloat16", dropout=0.25, name="mine"
        )
        assert model.dtype_policy.name == "mixed_bfloat16"
        assert (model.dropout, model.name) == (0.25, "mine")

    @pytest.mark.parametrize(
        "uri", ["hf://small", "hf://a/b/c", "hf://../b/", "hf://a/b@main"]
    )
    def test_bad_uri(self, uri):
        with pytest.raises(ValueError, match="hf://owner/name"):
            ColorizerPIC.from_preset(uri)


class TestRevision:
    @pytest.fixture
    def repo(self, hub, first, presets):
        repo = hub.repos[REPO]
        repo.commits.append(Commit(presets["second"]))
        repo.tags["v1"] = first
        return repo

    def test_branch(self, repo, models):
        assert_same_weights(ColorizerPIC.from_preset(URI), models[1])

    @pytest.mark.parametrize("revision", ["v1", "commit"])
    def test_older(self, revision, repo, first, models):
        revision = first if revision == "commit" else revision
        model = ColorizerPIC.from_preset(URI, revision=revision)
        assert_same_weights(model, models[0])

    def test_every_file_is_of_the_commit_found_first(
        self, hub, first, presets, models, monkeypatch
    ):
        """A push in the middle of loading."""
        answer = hub.routes[3][2]

        def pushed_meanwhile(handler, match):
            answer(handler, match)
            hub.repos[REPO].commits.append(Commit(presets["second"]))

        hub.routes[3] = (*hub.routes[3][:2], pushed_meanwhile)
        assert_same_weights(ColorizerPIC.from_preset(URI), models[0])
        paths = [path for _, path, _ in hub.seen("/resolve/")]
        assert paths and all(f"/resolve/{first}/" in path for path in paths)

    def test_unknown(self, hub, first):
        with pytest.raises(
            FileNotFoundError, match="v9 was not .* no such revi"
        ):
            ColorizerPIC.from_preset(URI, revision="v9")

    def test_no_text(self, hub):
        with pytest.raises(TypeError, match="revision is 3"):
            ColorizerPIC.from_preset(URI, revision=3)

    def test_where_it_means_nothing(self, tmp_path):
        for preset in ("pic_tinyimagenet64", tmp_path):
            with pytest.raises(ValueError, match="revision is 'main'"):
                ColorizerPIC.from_preset(preset, revision="main")


class TestVerification:
    @pytest.mark.parametrize(
        "name, algorithm",
        [("config.json", "git SHA-1"), ("model.safetensors", "SHA-256")],
    )
    def test_flipped_byte(self, name, algorithm, hub, first, presets, cache):
        content = presets["first"][name]
        path = "/lfs/" if name.endswith("safetensors") else name
        hub.fail(f"GET .*{path}", content=flip_a_byte, times=1)
        with pytest.raises(ValueError, match="is not the ") as caught:
            ColorizerPIC.from_preset(URI)
        message = str(caught.value)
        assert f"{cache}" in message and name in message
        assert f"its {algorithm} is " in message
        if algorithm == "SHA-256":
            assert sha256(content) in message
            assert sha256(flip_a_byte(content)) in message
        # Gone, and so fetched anew.
        assert not list(cache.glob(f"models--*/snapshots/*/{name}"))
        ColorizerPIC.from_preset(URI)

    def test_decay_in_the_cache(self, hub, first, cache, offline, models):
        ColorizerPIC.from_preset(URI)
        (path,) = cache.glob("models--*/snapshots/*/model.safetensors")
        path.write_bytes(flip_a_byte(path.read_bytes()))
        offline()
        with pytest.raises(ValueError, match="SHA-256"):
            ColorizerPIC.from_preset(URI)
        with pytest.raises(FileNotFoundError, match="model.safetensors"):
            ColorizerPIC.from_preset(URI)

    def test_bad_file_in_a_cache_that_is_read_only(
        self, hub, first, cache, monkeypatch
    ):
        ColorizerPIC.from_preset(URI)
        (path,) = cache.glob("models--*/snapshots/*/model.safetensors")
        path.write_bytes(flip_a_byte(path.read_bytes()))

        def refuse(*_, **__):
            raise PermissionError("read-only")

        monkeypatch.setattr(pathlib.Path, "unlink", refuse)
        for _ in range(2):
            with pytest.raises(ValueError, match="read-only to you"):
                ColorizerPIC.from_preset(URI)

    def test_cache_without_links(self, hub, first, monkeypatch, models):
        """There the Hub's list of files is asked."""
        monkeypatch.setattr(
            huggingface_hub.constants, "HF_HUB_DISABLE_SYMLINKS", True
        )
        assert_same_weights(ColorizerPIC.from_preset(URI), models[0])
        assert hub.seen(f"/api/models/{REPO}/revision/{first}")

    def test_decay_in_a_cache_without_links(
        self, hub, first, cache, monkeypatch
    ):
        monkeypatch.setattr(
            huggingface_hub.constants, "HF_HUB_DISABLE_SYMLINKS", True
        )
        ColorizerPIC.from_preset(URI)
        (path,) = cache.glob("models--*/snapshots/*/model.safetensors")
        assert not path.is_symlink()
        with pytest.warns(UserWarning, match="was not verified"):
            ColorizerPIC.from_preset(URI, local_files_only=True)
        path.write_bytes(flip_a_byte(path.read_bytes()))
        with pytest.raises(ValueError, match="SHA-256"):
            ColorizerPIC.from_preset(URI)


class TestPins:
    """Of a built-in preset that is on the Hub."""

    @pytest.fixture
    def pin(self, monkeypatch, first, presets):
        def pin(files=presets["first"], commit=first):
            entry = {
                "description": "Small.",
                "parameters": 1,
                "size": 1,
                "training_data": "Noise",
                "weights": {
                    "repo": REPO,
                    "commit": commit,
                    "files": {
                        name: sha256(data) for name, data in files.items()
                    },
                },
                "config": CONFIG,
            }
            monkeypatch.setattr(registry, "_built_in", dict(registry._built_in))
            register_presets({"pic_small": entry}, ColorizerPIC)

        return pin

    def test_loads(self, hub, pin, first, models, offline):
        pin()
        assert_same_weights(ColorizerPIC.from_preset("pic_small"), models[0])
        assert not hub.seen("/api/models")
        offline()
        assert_same_weights(ColorizerPIC.from_preset("pic_small"), models[0])

    def test_shards(self, hub, pin, presets, models):
        pin(presets["sharded"], hub.add(REPO, presets["sharded"]))
        assert_same_weights(ColorizerPIC.from_preset("pic_small"), models[0])

    def test_without_weights(self, hub, pin):
        pin()
        ColorizerPIC.from_preset("pic_small", load_weights=False)
        assert not hub.requests

    @pytest.mark.parametrize("change", [flip_a_byte, lambda data: data[:-1]])
    def test_other_content(self, change, hub, pin, presets, cache):
        """The Hub is of one mind with itself, but not with the pins."""
        name = "model.safetensors"
        other = {**presets["first"], name: change(presets["first"][name])}
        pin(commit=hub.add(REPO, other))
        for _ in range(2):
            with pytest.raises(ValueError, match="is not the ") as caught:
                ColorizerPIC.from_preset("pic_small")
            for words in (str(cache), sha256(presets["first"][name])):
                assert words in str(caught.value)
            assert sha256(other[name]) in str(caught.value)
            assert not list(cache.glob("models--*/blobs/*"))

    def test_lacks_a_shard(self, hub, pin, presets):
        files = dict(presets["sharded"])
        commit = hub.add(REPO, files)
        del files[max(n for n in files if n.startswith("model-"))]
        pin(files, commit)
        with pytest.raises(FileNotFoundError, match="has no model-"):
            ColorizerPIC.from_preset("pic_small")

    def test_revision_is_refused(self, hub, pin):
        pin()
        with pytest.raises(ValueError, match="hf://owner/name"):
            ColorizerPIC.from_preset("pic_small", revision="main")


class TestOffline:
    @pytest.mark.parametrize("revision", [None, "v1", "commit"])
    @pytest.mark.parametrize("name", ["first", "sharded"])
    def test_cached(self, name, revision, hub, presets, offline, models):
        commit = hub.add(REPO, presets[name])
        hub.repos[REPO].tags["v1"] = commit
        options = {"revision": commit if revision == "commit" else revision}
        ColorizerPIC.from_preset(URI, **options)
        hub.requests.clear()
        kept = ColorizerPIC.from_preset(URI, local_files_only=True, **options)
        assert_same_weights(kept, models[0])
        assert not hub.requests
        offline()
        kept = ColorizerPIC.from_preset(URI, **options)
        assert_same_weights(kept, models[0])

    def test_hub_is_down(self, hub, first, models, no_waiting):
        """Then the cache is used, and huggingface_hub says so."""
        ColorizerPIC.from_preset(URI)
        for status in (500, 503):
            hub.faults.clear()
            hub.fail("", status=status)
            assert_same_weights(ColorizerPIC.from_preset(URI), models[0])
        hub.__exit__()
        huggingface_hub.close_session()  # and the connections it keeps
        assert_same_weights(ColorizerPIC.from_preset(URI), models[0])
        hub.__enter__()

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_refused_though_cached(self, status, hub, first):
        ColorizerPIC.from_preset(URI)
        hub.fail("/api/models", status=status)
        with pytest.raises((PermissionError, FileNotFoundError), match="Hub"):
            ColorizerPIC.from_preset(URI)

    def test_not_cached(self, hub, first, offline):
        for start, options in (
            (lambda: None, {"local_files_only": True}),
            (offline, {}),
        ):
            start()
            with pytest.raises(FileNotFoundError) as caught:
                ColorizerPIC.from_preset(URI, **options)
            for words in ("config.json", URI, "HF_HUB_OFFLINE", "cache_dir"):
                assert words in str(caught.value)

    def test_partly_cached(self, hub, first, offline):
        ColorizerPIC.from_preset(URI, load_weights=False)
        offline()
        with pytest.raises(FileNotFoundError, match="^model.safetensors of"):
            ColorizerPIC.from_preset(URI)

    def test_a_shard_is_not_cached(self, hub, presets, cache, offline):
        hub.add(REPO, presets["sharded"])
        ColorizerPIC.from_preset(URI)
        (shard,) = cache.glob("models--*/snapshots/*/model-00002-*")
        shard.unlink()
        offline()
        with pytest.raises(FileNotFoundError, match="^model-00002-of-"):
            ColorizerPIC.from_preset(URI)

    def test_unreachable(self, hub, first, no_waiting):
        hub.__exit__()
        with pytest.raises(ConnectionError, match=f"config.json.*{hub.url}"):
            ColorizerPIC.from_preset(URI)
        hub.__enter__()

    def test_cache_dir(self, hub, first, tmp_path, offline, cache):
        ColorizerPIC.from_preset(URI, cache_dir=tmp_path / "mine")
        assert not cache.exists()
        offline()
        ColorizerPIC.from_preset(URI, cache_dir=tmp_path / "mine")
        with pytest.raises(FileNotFoundError):
            ColorizerPIC.from_preset(URI)


class TestAccess:
    @pytest.mark.parametrize("how", ["argument", "environment"])
    def test_private(self, how, hub, first, monkeypatch):
        hub.repos[REPO].private = True
        with pytest.raises(FileNotFoundError, match="private") as caught:
            ColorizerPIC.from_preset(URI)
        assert "HF_TOKEN" in str(caught.value) and hub.url in str(caught.value)
        if how == "argument":
            ColorizerPIC.from_preset(URI, token=TOKEN)
        else:
            monkeypatch.setenv("HF_TOKEN", TOKEN)
            ColorizerPIC.from_preset(URI)

    def test_the_token_stays_with_the_hub(self, hub, first):
        """It is not sent to where files are stored."""
        ColorizerPIC.from_preset(URI, token=TOKEN)
        assert hub.seen("/lfs/")
        for _, path, headers in hub.requests:
            sent = headers.get("authorization") is not None
            assert sent == path.startswith(("/api/models/", f"/{REPO}/"))

    def test_gated(self, hub, first):
        hub.repos[REPO].gated = True
        with pytest.raises(PermissionError, match="gated") as caught:
            ColorizerPIC.from_preset(URI)
        assert hub.url in str(caught.value) and REPO in str(caught.value)
        assert "Access to model someone/small is restricted" in str(
            caught.value
        )
        ColorizerPIC.from_preset(URI, token=TOKEN)

    def test_wrong_token(self, hub, first):
        with pytest.raises(OSError, match="Invalid credentials"):
            ColorizerPIC.from_preset(URI, token="hf_wrong")

    @pytest.mark.parametrize("token", ["", " ", "hf_S\nX", "hf_é", True, 3])
    def test_what_is_no_token(self, token, hub, first):
        """It is a secret, if a spoilt one."""
        with pytest.raises((TypeError, ValueError), match="^token") as caught:
            ColorizerPIC.from_preset(URI, token=token)
        assert "hf_" not in str(caught.value)
        assert not hub.requests

    def test_token_with_the_end_of_its_line(self, hub, first):
        hub.repos[REPO].private = True
        ColorizerPIC.from_preset(URI, token=f" {TOKEN}\n")

    def test_no_repository(self, hub):
        with pytest.raises(FileNotFoundError, match="no such repository"):
            ColorizerPIC.from_preset(URI)

    @pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
    def test_no_file(self, missing, hub, presets):
        files = {k: v for k, v in presets["first"].items() if k != missing}
        hub.add(REPO, files)
        with pytest.raises(FileNotFoundError, match=f"has no {missing}"):
            ColorizerPIC.from_preset(URI)

    @pytest.mark.parametrize(
        "status, kind, words",
        [
            (403, PermissionError, "refuses access"),
            (429, ConnectionError, "too many requests"),
            (500, ConnectionError, "the Hub answered 500"),
        ],
    )
    @pytest.mark.parametrize("pattern", ["GET /api/models", "HEAD .*/resolve/"])
    def test_status(self, pattern, status, kind, words, hub, first, no_waiting):
        hub.fail(pattern, status=status)
        with pytest.raises(kind, match=words) as caught:
            ColorizerPIC.from_preset(URI)
        assert "The hub was told to fail." in str(caught.value)

    def test_no_hub_at_all(self, hub, first, monkeypatch):
        """A page that asks to log in to the network."""
        page = b"<html>Welcome to the hotel</html>"
        hub.routes.insert(
            0, ("GET", "/api/.*", lambda handler, _: handler.send(page))
        )
        with pytest.raises(ConnectionError, match="HF_ENDPOINT"):
            ColorizerPIC.from_preset(URI)


class TestInterruption:
    def test_cut_for_good(self, hub, first, cache, models, no_waiting):
        hub.fail("GET /lfs/", cut_after=0, times=20)
        with pytest.raises(ConnectionError, match="model.safetensors"):
            ColorizerPIC.from_preset(URI)
        assert not list(cache.glob("models--*/snapshots/*/model.safetensors"))
        hub.faults.clear()
        assert_same_weights(ColorizerPIC.from_preset(URI), models[0])

    def test_truncated_list(self, hub, first, models):
        hub.fail("GET /api/models", cut_after=10)
        with pytest.raises(ConnectionError, match="try again"):
            ColorizerPIC.from_preset(URI)


class TestHostileHub:
    """One that lies, or answers as no hub does."""

    @pytest.fixture
    def resolve(self, hub):
        """Changes the headers with which a file is announced."""

        def change(name, **headers):
            answer = hub.routes[3][2]

            def lie(handler, match):
                send = handler.send_header
                handler.send_header = lambda key, value: send(
                    key, headers.get(key.replace("-", "_"), value)
                )
                if match["name"] != name:
                    handler.send_header = send
                answer(handler, match)

            hub.routes[3] = (*hub.routes[3][:2], lie)

        return change

    @pytest.mark.parametrize("kind", ["absolute", "relative", "no hash"])
    def test_etag_that_is_a_path(self, kind, hub, first, resolve, tmp_path):
        outside = tmp_path / "outside"
        outside.write_text("precious")
        etag = {"absolute": str(outside), "no hash": "0" * 39}.get(
            kind, "../../../outside"
        )
        resolve("model.safetensors", X_Linked_ETag=f'"{etag}"')
        for _ in range(2):
            with pytest.raises(ConnectionError, match="ETag of .* no hash"):
                ColorizerPIC.from_preset(URI)
        assert outside.read_text() == "precious"
        assert not hub.seen("/lfs/")
        assert {path.name for path in tmp_path.iterdir()} <= {
            "outside",
            "hub_cache",
        }

    @pytest.mark.parametrize("commit", ["../../../outside", "a" * 40])
    def test_another_commit(self, commit, hub, first, resolve, tmp_path):
        resolve("config.json", X_Repo_Commit=commit)
        with pytest.raises(ConnectionError, match="says two things of config"):
            ColorizerPIC.from_preset(URI)
        assert not hub.seen("GET .*/resolve/")
        assert not (tmp_path / "outside").exists()

    def test_another_commit_that_lacks_the_file(
        self, hub, first, resolve, tmp_path
    ):
        """No note is made of that, in a folder of the commit's name."""
        del hub.repos[REPO].commits[0].files["config.json"]
        commit = "../../../outside"
        resolve("config.json", X_Repo_Commit=commit)
        answer = hub.routes[1][2]

        def listed(handler, match):
            send = handler.json
            sibling = {
                "rfilename": "config.json",
                "size": 2,
                "blobId": "0" * 40,
            }
            handler.json = lambda content: send(
                {**content, "siblings": [sibling]}
            )
            answer(handler, match)

        hub.routes[1] = (*hub.routes[1][:2], listed)
        with pytest.raises(FileNotFoundError, match="has nothing there"):
            ColorizerPIC.from_preset(URI)
        assert not (tmp_path / "outside").exists()

    def test_altered_weights(self, hub, first, presets, resolve):
        """The ETag is their hash, but the list of files has another."""
        other = flip_a_byte(presets["first"]["model.safetensors"])
        resolve("model.safetensors", X_Linked_ETag=f'"{sha256(other)}"')
        hub.fail("GET /lfs/", content=lambda _: other)
        with pytest.raises(ConnectionError, match="says two things of model"):
            ColorizerPIC.from_preset(URI)
        assert not hub.seen("/lfs/")

    def test_list_of_another_commit(self, hub, first, presets):
        answer = hub.routes[1][2]

        def lie(handler, match):
            if match["rev"] == first:
                hub.repos[REPO].commits.append(Commit(presets["second"]))
                match = re.match(
                    hub.routes[1][1],
                    f"/api/models/{REPO}/revision/main",
                )
            answer(handler, match)

        hub.routes[1] = (*hub.routes[1][:2], lie)
        with pytest.raises(ConnectionError, match="files of another commit"):
            ColorizerPIC.from_preset(URI)

    def test_link_in_the_cache_to_a_file_outside(
        self, hub, first, cache, tmp_path
    ):
        ColorizerPIC.from_preset(URI)
        (path,) = cache.glob("models--*/snapshots/*/model.safetensors")
        outside = tmp_path / ("0" * 64)
        outside.write_bytes(b"precious")
        path.unlink()
        path.symlink_to(outside)
        with pytest.raises(ValueError, match="is not the model.safetensors"):
            ColorizerPIC.from_preset(URI)
        assert outside.read_bytes() == b"precious"
        assert not path.is_symlink()

    @pytest.mark.parametrize("link", [False, True])
    def test_pipe_in_the_cache(self, link, hub, first, cache, offline):
        """Reading it would take for ever."""
        ColorizerPIC.from_preset(URI)
        (path,) = cache.glob("models--*/snapshots/*/model.safetensors")
        pipe = path.resolve() if link else path
        pipe.unlink()
        os.mkfifo(pipe)
        offline()
        with pytest.raises(FileNotFoundError, match="not in the cache"):
            ColorizerPIC.from_preset(URI)

    @pytest.mark.parametrize(
        "changes",
        [
            {"sha": None},
            {"sha": 3},
            {"sha": "../../../outside"},
            {"siblings": None},
            {"siblings": [3]},
            {"siblings": [{}]},
            {"siblings": "x"},
            {"siblings": [{"rfilename": "config.json", "size": "1"}]},
            {"siblings": [{"rfilename": "config.json", "size": None}]},
            {"createdAt": "yesterday"},
            {"createdAt": [1]},
        ],
    )
    def test_malformed_list(self, changes, hub, first):
        answer = hub.routes[1][2]

        def malformed(handler, match):
            send = handler.json
            handler.json = lambda content: send({**content, **changes})
            answer(handler, match)

        for i in range(2):
            hub.routes[i] = (*hub.routes[i][:2], malformed)
        with pytest.raises(ConnectionError, match="as the Hub does"):
            ColorizerPIC.from_preset(URI)

    @pytest.mark.parametrize(
        "body", [b"{}", b"[]", b"null", b"[" * 100_000, b"\xff", b""]
    )
    def test_malformed_answer(self, body, hub, first):
        hub.routes.insert(0, ("GET", "/api/.*", lambda h, _: h.send(body)))
        with pytest.raises(ConnectionError, match="as the Hub does"):
            ColorizerPIC.from_preset(URI)

    @pytest.mark.parametrize("field", ["oid", "sha256"])
    def test_hash_that_is_none(self, field, hub, first, monkeypatch):
        entry = hub_server._entry

        def lie(name, content):
            found = entry(name, content)
            found["oid"] = "../x" if field == "oid" else found["oid"]
            if "lfs" in found and field == "sha256":
                found["lfs"]["oid"] = "../x"
            return found

        monkeypatch.setattr(hub_server, "_entry", lie)
        with pytest.raises(ConnectionError, match="the hash of .* is no hash"):
            ColorizerPIC.from_preset(URI)

    @pytest.mark.parametrize(
        "status", [400, 401, 403, 404, 409, 416, 429, 500, 502, 503]
    )
    @pytest.mark.parametrize("token", ["hf_secretsecret", "mirror-secret.42"])
    def test_echoed_token(self, token, status, hub, first, no_waiting):
        def echo(handler, match):
            sent = handler.headers.get("Authorization")
            handler.error(status, message=f"{sent} and {token} and hf_other")

        hub.routes.insert(0, ("GET", "/(api|someone)/.*", echo))
        with pytest.raises(OSError) as caught:
            ColorizerPIC.from_preset(URI, token=token)
        shown = "".join(traceback.format_exception(caught.value))
        assert token in hub.requests[0][2]["authorization"]
        assert token not in shown and "hf_other" not in shown
        error = caught.value
        while error is not None:
            assert token not in str(error) and "hf_other" not in str(error)
            error = error.__cause__ or error.__context__


LOAD = """
    import os
    import numpy as np
    from keras_colorize import Colorizer
    model = Colorizer.from_preset(os.environ["PRESET"])
    print(sum(float(np.abs(w).sum()) for w in model.get_weights()))
"""


@pytest.mark.slow
class TestProcesses:
    def test_two_at_once(self, hub, first, models, tmp_path):
        """With the environment's endpoint, token and cache."""
        hub.repos[REPO].private = True
        hub.fail("GET /lfs/", delay=2)
        environment = {
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": TOKEN,
            "HF_HOME": str(tmp_path / "home"),
            "PRESET": URI,
        }
        runs = [process(LOAD, **environment) for _ in range(2)]
        results = [
            (*run.communicate(timeout=300), run.returncode) for run in runs
        ]
        total = sum(float(np.abs(w).sum()) for w in models[0].get_weights())
        for out, err, code in results:
            assert code == 0, err
            assert float(out.splitlines()[-1]) == pytest.approx(total)

        hub.requests.clear()
        run = process(LOAD, **{**environment, "HF_HUB_OFFLINE": "1"})
        out, err = run.communicate(timeout=300)
        assert run.returncode == 0, err
        assert not hub.requests

    def test_command(self, hub, first, tmp_path):
        """With bars, and nothing else, on the terminal."""
        PIL.Image.new("L", (8, 8), 99).save(tmp_path / "a.png")
        code = """
            import sys
            from keras_colorize_cli.main import main
            sys.exit(main(sys.argv[1:]))
        """
        run = process(
            code,
            "colorize",
            tmp_path / "a.png",
            *("-o", tmp_path / "out", "--preset", URI, "--revision", first),
            HF_ENDPOINT=hub.url,
            HF_HOME=str(tmp_path / "home"),
            TQDM_POSITION="-1",  # bars where there is no terminal
        )
        out, err = run.communicate(timeout=300)
        assert run.returncode == 0, err
        assert (tmp_path / "out" / "a_1.png").exists()
        err = err.replace("\x1b[A", "").strip()
        lines = [line for line in re.split("[\r\n]+", err) if line]
        assert lines.pop(0) == f"Loading {URI} ..."
        assert any("model.safetensors: 100%" in line for line in lines)
        for line in lines:
            assert re.match(r"model.safetensors: +\d+%", line)

    def test_read_only_cache(self, hub, first):
        code = f"""
            import os
            import keras_colorize

            # Once to import whatever it takes.
            keras_colorize.Colorizer.from_preset("{URI}")
            if os.getuid() == 0:  # to whom nothing is read-only
                os.setuid(65534)
            try:
                open(os.environ["HF_HUB_CACHE"] + "/new", "w")
            except PermissionError:
                keras_colorize.Colorizer.from_preset("{URI}")
                print("loaded")
        """
        with tempfile.TemporaryDirectory() as cache:
            ColorizerPIC.from_preset(URI, cache_dir=cache)
            folders = [pathlib.Path(x[0]) for x in os.walk(cache)]
            for folder in folders:
                folder.chmod(0o555)
            for offline in "01":
                run = process(
                    code,
                    HF_ENDPOINT=hub.url,
                    HF_HOME=cache,
                    HF_HUB_CACHE=cache,
                    HF_HUB_OFFLINE=offline,
                )
                out, err = run.communicate(timeout=300)
                assert out.endswith("loaded\n"), err
            for folder in folders:
                folder.chmod(0o755)
