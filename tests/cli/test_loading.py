import os
import sys

import pytest

from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.loading import _hide_stderr
from keras_colorize_cli.loading import import_package


class TestHideStderr:
    @pytest.mark.parametrize("level, shown", [("3", ""), ("0", "oneDNN\n")])
    def test_messages_of_native_code(self, level, shown, capfd, monkeypatch):
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
        with _hide_stderr():
            os.write(2, b"oneDNN\n")
        os.write(2, b"after\n")
        assert capfd.readouterr().err == f"{shown}after\n"

    def test_errors_pass(self, capfd, monkeypatch):
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
        with pytest.raises(RuntimeError, match="boom"), _hide_stderr():
            raise RuntimeError("boom")
        os.write(2, b"after\n")
        assert capfd.readouterr().err == "after\n"


class TestImportPackage:
    def test_no_such_backend(self, monkeypatch):
        # What Python does if an import fails.
        monkeypatch.setitem(sys.modules, "keras_colorize", None)
        with pytest.raises(UsageError, match="keras_colorize.*KERAS_BACKEND"):
            import_package()
