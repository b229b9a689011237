import types

import pytest

import keras_colorize
from keras_colorize_cli.main import main


@pytest.fixture
def pushed(monkeypatch):
    """Stands in for `push_preset`: keeps its arguments, or raises.

    What it does itself is tested in tests/presets.
    """
    calls = types.SimpleNamespace(arguments=None, error=None)

    def push_preset(*args, **kwargs):
        calls.arguments = args, kwargs
        if calls.error:
            raise calls.error
        proposal = "https://hub/discussions/1" if kwargs["create_pr"] else None
        return types.SimpleNamespace(
            commit_url="https://hub/commit/1", pr_url=proposal
        )

    monkeypatch.setattr(keras_colorize, "push_preset", push_preset)
    return calls


class TestPush:
    @pytest.mark.parametrize(
        "options, expected, line",
        [
            (
                [],
                {"private": None, "commit_message": None, "create_pr": False},
                "https://hub/commit/1\n",
            ),
            (
                ["--private", "--create-pr", "--message", "Third run"],
                {
                    "private": True,
                    "commit_message": "Third run",
                    "create_pr": True,
                },
                "https://hub/discussions/1\n",
            ),
        ],
    )
    def test_arguments(self, options, expected, line, pushed, tmp_path, capsys):
        assert main(["push", str(tmp_path), "me/tiny", *options]) == 0
        assert pushed.arguments == ((str(tmp_path), "me/tiny"), expected)
        assert capsys.readouterr().out == line

    @pytest.mark.parametrize(
        "error, code",
        [
            (PermissionError("no token"), 1),
            (ConnectionError("no network"), 1),
            (ValueError("no preset"), 2),
            (FileNotFoundError("no card"), 2),
        ],
    )
    def test_errors(self, error, code, pushed, tmp_path, capsys):
        pushed.error = error
        assert main(["push", str(tmp_path), "me/tiny"]) == code
        out, err = capsys.readouterr()
        assert not out and err == f"keras-colorize: error: {error}\n"

    def test_no_such_folder(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("HF_TOKEN", "hf_x")
        assert main(["push", str(tmp_path / "nowhere"), "me/tiny"]) == 2
        assert "nowhere" in capsys.readouterr().err

    def test_no_token_among_the_arguments(self, pushed, tmp_path, capsys):
        with pytest.raises(SystemExit) as exit:
            main(["push", str(tmp_path), "me/tiny", "--token", "hf_x"])
        assert exit.value.code == 2 and pushed.arguments is None

    def test_help(self, capsys):
        with pytest.raises(SystemExit) as exit:
            main(["push", "--help"])
        assert exit.value.code == 0
        text = capsys.readouterr().out
        for word in "DIR REPO --private --create-pr --message HF_TOKEN".split():
            assert word in text
        assert max(map(len, text.splitlines())) <= 80
