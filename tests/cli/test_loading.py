import os
import sys

import pytest

from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.loading import hide_native_messages
from keras_colorize_cli.loading import import_package


class TestHideNativeMessages:
    def test_what_python_writes_is_shown(self, capfd, monkeypatch):
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        # As in a process: pytest has put a stream of its own there.
        with open(os.dup(2), "w") as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            monkeypatch.setattr(sys, "__stderr__", stream)
            print("before", file=sys.stderr)
            with hide_native_messages():
                os.write(2, b"oneDNN\n")
                print("inside", file=sys.stderr)
            os.write(2, b"after\n")
        assert capfd.readouterr().err == "before\ninside\nafter\n"

    def test_errors_pass(self, capfd, monkeypatch):
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        with pytest.raises(RuntimeError, match="boom"):
            with hide_native_messages():
                raise RuntimeError("boom")
        os.write(2, b"after\n")
        assert capfd.readouterr().err == "after\n"

    def test_a_user_who_wants_the_messages(self, capfd, monkeypatch):
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
        with hide_native_messages():
            os.write(2, b"oneDNN\n")
        assert capfd.readouterr().err == "oneDNN\n"


class TestImportPackage:
    def test_no_such_backend(self, monkeypatch):
        # What Python does if an import fails.
        monkeypatch.setitem(sys.modules, "keras_colorize", None)
        with pytest.raises(UsageError, match="keras_colorize.*KERAS_BACKEND"):
            import_package()
