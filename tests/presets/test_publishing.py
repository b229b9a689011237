import json
import shutil
import traceback

import huggingface_hub
import numpy as np
import pytest
from huggingface_hub import ModelCard

import keras_colorize
from keras_colorize import Colorizer
from keras_colorize_cli.main import main
from tests.models.small import images
from tests.models.small import small_pic
from tests.presets.hub_server import TOKEN
from tests.presets.hub_uploads import add_uploads

FILES = {"config.json", "model.safetensors", "README.md"}
ALWAYS = {".gitattributes"}


@pytest.fixture
def hub(hub, monkeypatch):
    """A hub that takes uploads, and a token for it."""
    add_uploads(hub)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    # Its storage has a protocol of its own, in which hub_server has no part.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    return hub


@pytest.fixture(scope="module")
def model():
    model = small_pic()
    model.prepare(images())
    return model


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "flowers"
    model.save_to_preset(path)
    return path


@pytest.fixture
def preset(saved, tmp_path):
    """A preset that a test may spoil."""
    return shutil.copytree(saved, tmp_path / "flowers")


def head(hub, name="me/tiny"):
    return hub.repos[name].commits[-1].files


def assert_same_weights(ours, theirs):
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


class TestPushToHub:
    def test_comes_back_the_same(self, hub, model):
        info = model.push_to_hub("me/tiny")
        assert set(head(hub)) == FILES | ALWAYS
        again = Colorizer.from_preset("hf://me/tiny", revision=info.oid)
        assert_same_weights(again, model)
        gray = images(1, 12)[0, ..., 0]
        np.testing.assert_array_equal(
            again.generate(gray, 2, seed=0, verbose=0),
            model.generate(gray, 2, seed=0, verbose=0),
        )

    def test_what_is_returned(self, hub, model):
        info = model.push_to_hub("hf://me/tiny", commit_message="First")
        assert info.oid == hub.repos["me/tiny"].commits[-1].id
        assert info.commit_url == f"{hub.url}/me/tiny/commit/{info.oid}"
        assert info.pr_url is None
        assert hub.messages == ["First"]

    def test_one_commit_with_card_and_sheet(self, hub, model):
        model.push_to_hub(
            "me/tiny",
            card={"license": "mit", "sheet": images(1)[0]},
            max_shard_size="100KB",
        )
        assert len(hub.repos["me/tiny"].commits) == 2
        files = head(hub)
        index = json.loads(files["model.safetensors.index.json"])
        assert set(files) == ALWAYS | {
            "config.json",
            "README.md",
            "sheet.png",
            "model.safetensors.index.json",
            *index["weight_map"].values(),
        }
        card = ModelCard(files["README.md"].decode())
        assert card.data.license == "mit"
        assert 'from_preset("hf://me/tiny")' in card.text
        assert "# tiny\n" in card.text
        assert_same_weights(Colorizer.from_preset("hf://me/tiny"), model)

    def test_stored_dtype(self, hub, model):
        model.push_to_hub("me/tiny", dtype="float16")
        assert b'"F16"' in head(hub)["model.safetensors"][:1000]
        assert b'"F32"' not in head(hub)["model.safetensors"][:1000]
        assert "float16" in head(hub)["README.md"].decode()

    @pytest.mark.parametrize("private", [True, False, None])
    def test_private(self, private, hub, model):
        model.push_to_hub("me/tiny", private=private)
        assert hub.repos["me/tiny"].private is bool(private)
        model.push_to_hub("me/tiny", private=private)

    @pytest.mark.parametrize("private", [True, False])
    def test_nothing_goes_where_others_see_it(self, private, hub, model):
        hub.add("me/tiny", {"a.txt": b"a"}, private=not private)
        with pytest.raises(ValueError, match=f"private={private}"):
            model.push_to_hub("me/tiny", private=private)
        assert set(head(hub)) == {"a.txt"} and not hub.uploaded

    def test_pull_request(self, hub, model):
        hub.add("other/tiny", {"a.txt": b"a"})
        info = model.push_to_hub("other/tiny", create_pr=True)
        assert info.pr_url == f"{hub.url}/other/tiny/discussions/1"
        assert set(head(hub, "other/tiny")) == {"a.txt"}
        again = Colorizer.from_preset("hf://other/tiny", revision="refs/pr/1")
        assert_same_weights(again, model)

    def test_stale_weights_are_removed(self, hub, model):
        hub.add("me/tiny", {"notes.md": b"n", "model-a.safetensors": b"m"})
        others = {"notes.md", "model-a.safetensors"}
        model.push_to_hub("me/tiny", max_shard_size="100KB")
        sharded = set(head(hub))
        model.push_to_hub("me/tiny", max_shard_size="10KB")
        other = set(head(hub))
        assert len(sharded) != len(other)
        assert sharded & other == others | FILES - {"model.safetensors"} | {
            "model.safetensors.index.json"
        }
        model.push_to_hub("me/tiny")
        assert set(head(hub)) == others | FILES
        model.push_to_hub("me/tiny", max_shard_size="100KB")
        assert set(head(hub)) == sharded
        assert len(hub.repos["me/tiny"].commits) == 5

    def test_unchanged(self, hub, model):
        first = model.push_to_hub("me/tiny")
        again = model.push_to_hub("me/tiny")
        assert again.oid == first.oid
        assert len(hub.repos["me/tiny"].commits) == 2


class TestRefusals:
    @pytest.mark.parametrize(
        "repo_id",
        ["tiny", "me/tiny/more", "me/ti ny", "me/", "me/a--b", "../x", "", 3]
        + ["https://huggingface.co/me/tiny", None],
    )
    def test_repository(self, repo_id, hub, model):
        with pytest.raises(ValueError, match="Expected 'owner/name'"):
            model.push_to_hub(repo_id)
        assert not hub.requests

    @pytest.mark.parametrize(
        "arguments",
        [
            {"dtype": "int8"},
            {"max_shard_size": 0},
            {"card": {"lisence": "mit"}},
            {"card": {"sheet": "nowhere.png"}},
        ],
    )
    def test_arguments(self, arguments, hub, model):
        with pytest.raises((ValueError, OSError)):
            model.push_to_hub("me/tiny", **arguments)
        assert not hub.requests

    def test_no_token(self, hub, model, monkeypatch):
        monkeypatch.delenv("HF_TOKEN")
        with pytest.raises(PermissionError, match="hf auth login"):
            model.push_to_hub("me/tiny")
        assert not hub.requests

    @pytest.mark.parametrize("token", ["", "hf_S\nX", True])
    def test_what_is_no_token(self, token, hub, model):
        with pytest.raises((TypeError, ValueError), match="^token") as caught:
            model.push_to_hub("me/tiny", token=token)
        assert "hf_" not in str(caught.value)
        assert not hub.requests

    def test_wrong_token(self, hub, model):
        with pytest.raises(PermissionError, match="not accept the token"):
            model.push_to_hub("me/tiny", token="hf_wrong")
        assert not hub.repos

    @pytest.mark.parametrize("status", [400, 401, 403, 500])
    def test_echoed_token(self, status, hub, model):
        token = "mirror-secret.42"

        def echo(handler, match):
            sent = handler.headers["Authorization"]
            handler.error(status, message=f"{sent}, {sent.split()[-1]}")

        hub.routes.insert(0, ("POST", "/api/repos/create", echo))
        with pytest.raises(OSError, match=r"\*\*\*") as caught:
            model.push_to_hub("me/tiny", token=token)
        text = "".join(traceback.format_exception(caught.value))
        assert token not in text

    @pytest.mark.parametrize("exists", [False, True])
    def test_no_permission(self, exists, hub, model):
        if exists:
            hub.add("other/tiny", {"a.txt": b"a"})
        with pytest.raises(PermissionError, match="create_pr") as error:
            model.push_to_hub("other/tiny")
        assert "no right to write to other/tiny" in str(error.value)
        assert not hub.uploaded

    def test_license_that_the_hub_does_not_know(self, hub, model):
        with pytest.raises(ValueError, match='"license" must be one of'):
            model.push_to_hub("me/tiny", card={"license": "mine-1.0"})
        assert not hub.uploaded and set(head(hub)) == ALWAYS

    @pytest.mark.parametrize(
        "status, words",
        [(429, "429.*later"), (500, "500.*later"), (412, "412")],
    )
    def test_hub_fails(self, status, words, hub, model):
        hub.fail("POST .*/commit/", status=status)
        with pytest.raises(ConnectionError, match=words):
            model.push_to_hub("me/tiny")
        assert set(head(hub)) == ALWAYS

    def test_upload_fails(self, hub, model):
        hub.has_space = False
        with pytest.raises(ConnectionError, match="400.*No space left"):
            model.push_to_hub("me/tiny")
        assert set(head(hub)) == ALWAYS

    def test_no_network(self, hub, model, monkeypatch):
        url = "http://127.0.0.1:9"
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", url)
        with pytest.raises(
            ConnectionError, match=f"no Hub can be reached at {url}"
        ):
            model.push_to_hub("me/tiny")

    def test_no_hub(self, hub, model):
        hub.routes.insert(
            0, ("POST", "/api/repos/create", lambda h, _: h.send(b"<html>"))
        )
        with pytest.raises(ConnectionError, match="as the Hub does"):
            model.push_to_hub("me/tiny")

    def test_offline(self, hub, model, monkeypatch):
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(ConnectionError, match="HF_HUB_OFFLINE is set"):
            model.push_to_hub("me/tiny")


class TestPushPreset:
    def test_its_files_and_no_others(self, hub, preset, model):
        (preset / "secret.txt").write_text("secret")
        (preset / "unused.png").write_bytes(b"unused")
        (preset / "shown.png").write_bytes(b"shown")
        card = "---\nlicense: mit\n---\n![](a/../shown.png) ![](https://x/y)\n"
        (preset / "README.md").write_text(card)
        keras_colorize.push_preset(preset, "me/tiny")
        files = head(hub)
        assert set(files) == FILES | ALWAYS | {"shown.png"}
        for name in FILES | {"shown.png"}:
            assert files[name] == (preset / name).read_bytes()
        assert_same_weights(Colorizer.from_preset("hf://me/tiny"), model)

    def test_directory_is_left_alone(self, hub, preset):
        before = {p.name: p.read_bytes() for p in preset.iterdir()}
        keras_colorize.push_preset(str(preset), "me/tiny")
        after = {p.name: p.read_bytes() for p in preset.iterdir()}
        assert before == after
        text = head(hub)["README.md"].decode()
        assert 'from_preset("hf://me/tiny")' in text
        assert text.replace("hf://me/tiny", "flowers") == (
            before["README.md"].decode()
        )

    @pytest.mark.parametrize("name", ["nowhere.png", "../x.png", "secret.txt"])
    def test_no_picture(self, name, hub, preset):
        (preset / "secret.txt").write_text("secret")
        (preset / "README.md").write_text(f"![]({name})")
        with pytest.raises(ValueError, match=name):
            keras_colorize.push_preset(preset, "me/tiny")
        assert not hub.requests

    @pytest.mark.parametrize("link", [False, True])
    def test_picture_outside(self, link, hub, preset):
        """Not even by a link: who knows what it would publish."""
        (preset.parent / "private.png").write_bytes(b"private")
        name = "private.png" if link else "../private.png"
        if link:
            (preset / name).symlink_to(preset.parent / "private.png")
        (preset / "README.md").write_text(f"![]({name})")
        with pytest.raises(ValueError, match="outside"):
            keras_colorize.push_preset(preset, "me/tiny")
        assert not hub.requests

    @pytest.mark.parametrize(
        "name", ["README.md", "config.json", "model.safetensors"]
    )
    def test_file_outside(self, name, hub, preset):
        (preset / name).rename(preset.parent / "private")
        (preset / name).symlink_to(preset.parent / "private")
        with pytest.raises(ValueError, match=f"{name} is .*private, outside"):
            keras_colorize.push_preset(preset, "me/tiny")
        assert not hub.requests

    def test_link_inside(self, hub, preset):
        (preset / "README.md").rename(preset / "card.md")
        (preset / "README.md").symlink_to("card.md")
        keras_colorize.push_preset(preset, "me/tiny")
        assert set(head(hub)) == FILES | ALWAYS

    def spoil(self, preset, how):
        config = preset / "config.json"
        content = json.loads(config.read_text())
        if how == "class":
            content["class_name"] = "ColorizerXYZ"
        elif how == "argument":
            content["config"]["color"] = 1
        elif how == "shape":
            content["config"]["filters"] = 16
        config.write_text(json.dumps(content))
        weights = preset / "model.safetensors"
        if how == "truncated":
            weights.write_bytes(weights.read_bytes()[:-1])
        elif how == "weights":
            weights.unlink()
        elif how == "config":
            config.unlink()
        elif how == "card":
            (preset / "README.md").unlink()
        elif how == "front matter":
            (preset / "README.md").write_text("---\na: [\n---\n")

    @pytest.mark.parametrize(
        "how, error, words",
        [
            ("class", ValueError, "ColorizerXYZ"),
            ("argument", ValueError, "color"),
            ("shape", ValueError, "shape"),
            ("truncated", ValueError, "damaged"),
            ("weights", FileNotFoundError, "model.safetensors"),
            ("config", FileNotFoundError, "config.json"),
            ("card", FileNotFoundError, "README.md"),
            ("front matter", ValueError, "README.md"),
        ],
    )
    def test_checked_before_anything_is_sent(
        self, how, error, words, hub, preset
    ):
        self.spoil(preset, how)
        with pytest.raises(error, match=words):
            keras_colorize.push_preset(preset, "me/tiny")
        assert not hub.requests


class TestCommand:
    def test_push(self, hub, preset, model, capsys):
        code = main(["push", str(preset), "me/tiny", "--private"])
        (line,) = capsys.readouterr().out.splitlines()
        assert code == 0
        assert line == f"{hub.url}/me/tiny/commit/" + (
            hub.repos["me/tiny"].commits[-1].id
        )
        assert hub.repos["me/tiny"].private
        assert_same_weights(Colorizer.from_preset("hf://me/tiny"), model)
