import os
import subprocess
import sys

import pytest

# As the installed script does it.
COMMAND = """
import sys
from keras_colorize_cli.main import main
try:
    code = main()
finally:
    if {report}:
        print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


def command(*argv, report=False, **environment):
    environment = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-c", COMMAND.format(report=report), *map(str, argv)],
        env={k: v for k, v in environment.items() if v is not None},
        capture_output=True,
        text=True,
        timeout=120,
    )


class TestCommand:
    @pytest.mark.parametrize(
        "argv, code",
        [
            (["--help"], 0),
            (["colorize", "--help"], 0),
            (["--version"], 0),
            (["colorize", "a"], 2),
        ],
    )
    def test_nothing_heavy_before_it_is_needed(self, argv, code):
        done = command(*argv, report=True)
        assert done.returncode == code
        modules = done.stderr.splitlines()[-1].split()
        assert "keras_colorize_cli.main" in modules
        for name in ("keras_colorize", "keras", "tensorflow", "numpy", "PIL"):
            assert name not in modules

    def test_no_keras_before_files_are_checked(self, tmp_path):
        done = command("colorize", "nope", "-o", tmp_path / "out", report=True)
        assert done.returncode == 2 and "nope" in done.stderr
        assert "keras" not in done.stderr.splitlines()[-1].split()

    @pytest.mark.slow
    def test_no_noise(self, preset, photo, tmp_path):
        done = command(
            *("colorize", photo(tmp_path / "a.png"), "-o", tmp_path / "out"),
            *("--preset", preset, "--seed", 1),
            TF_CPP_MIN_LOG_LEVEL=None,
        )
        assert done.returncode == 0
        assert done.stderr == f"Loading {preset} ...\n"
        assert done.stdout.splitlines()[0].endswith("a_1.png, a_sheet.png")

    @pytest.mark.slow
    def test_importing_the_package_registers_its_classes(self):
        # What `keras.saving.load_model` needs; not so in the command alone.
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import keras_colorize, keras; print("
                "keras.saving.get_registered_object("
                "'keras_colorize>ColorizerPIC') is "
                "keras_colorize.ColorizerPIC)",
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.stdout == "True\n"
