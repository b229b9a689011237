import os
import sys

import pytest

from keras_colorize.cli.errors import UsageError
from keras_colorize.cli.quiet import import_quietly
from keras_colorize.cli.quiet import quiet


class TestQuiet:
    @pytest.fixture(autouse=True)
    def level(self, monkeypatch):
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")

    def test_noise_is_lost_and_what_follows_is_not(self, capfd):
        print("before", file=sys.stderr)
        with quiet():
            os.write(2, b"oneDNN\n")
        os.write(2, b"after\n")
        assert capfd.readouterr().err == "before\nafter\n"

    def test_noise_explains_a_failure(self, capfd):
        with pytest.raises(RuntimeError, match="boom"):
            with quiet():
                os.write(2, b"because\n")
                raise RuntimeError("boom")
        os.write(2, b"after\n")
        assert capfd.readouterr().err == "because\nafter\n"

    def test_errors_that_explain_themselves(self, capfd):
        with pytest.raises(ValueError, match="boom"):
            with quiet():
                os.write(2, b"oneDNN\n")
                raise ValueError("boom")
        assert capfd.readouterr().err == ""

    def test_a_user_who_wants_the_noise(self, capfd, monkeypatch):
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
        with quiet():
            os.write(2, b"oneDNN\n")
        assert capfd.readouterr().err == "oneDNN\n"


class TestImportQuietly:
    def test_no_such_backend(self, capfd):
        with pytest.raises(UsageError, match="no_such.*KERAS_BACKEND"):
            import_quietly("no_such_module")
