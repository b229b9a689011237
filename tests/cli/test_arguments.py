import argparse

import pytest

from keras_colorize import __version__
from keras_colorize.color.resample import UPSAMPLING
from keras_colorize.generation.request import BEST_BY
from keras_colorize.images import FORMATS
from keras_colorize.images.formats import SUFFIXES
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.arguments import add_max_pixels
from keras_colorize_cli.arguments import check_output
from keras_colorize_cli.colorize import command
from keras_colorize_cli.colorize import inputs
from keras_colorize_cli.main import main
from keras_colorize_cli.main import parser


class TestParser:
    def test_choices_are_the_packages(self):
        assert [f.upper() for f in command.FORMATS] == list(FORMATS)
        assert sorted(command.UPSAMPLING) == sorted(UPSAMPLING)
        assert command.BEST_BY == BEST_BY
        assert inputs.SUFFIXES == SUFFIXES

    def test_defaults(self):
        args = parser().parse_args(["colorize", "a", "-o", "b"])
        assert args.preset == "default"
        assert args.num_samples == 1
        assert args.seed is None and args.batch_size is None
        assert args.temperature == 1.0
        assert args.upsampling == "guided" and args.readout is None
        assert args.sheet and not args.overwrite and not args.recursive
        assert args.format is None and args.jobs == 2

    @pytest.mark.parametrize("name", ["jpg", "JPEG", ".jpg"])
    def test_other_names_of_formats(self, name):
        argv = ["colorize", "a", "-o", "b", "--format", name]
        assert parser().parse_args(argv).format == "jpeg"

    def test_max_pixels(self, capsys):
        command = argparse.ArgumentParser()
        add_max_pixels(command.add_argument)
        assert command.parse_args([]).max_pixels == 50_000_000
        assert command.parse_args(["--max-pixels", "7"]).max_pixels == 7
        with pytest.raises(SystemExit):
            command.parse_args(["--max-pixels", "0"])
        assert "at least 1" in capsys.readouterr().err

    def test_version(self, capsys):
        with pytest.raises(SystemExit) as exit:
            main(["--version"])
        assert exit.value.code == 0
        assert capsys.readouterr().out == f"keras-colorize {__version__}\n"

    def test_help_has_every_option_and_examples(self, capsys):
        with pytest.raises(SystemExit) as exit:
            main(["colorize", "--help"])
        assert exit.value.code == 0
        text = capsys.readouterr().out
        for word in (
            "INPUTS --output --preset --num-samples --seed --temperature "
            "--readout --batch-size --upsampling --sheet --no-sheet "
            "--overwrite --recursive --jobs --format --json --hints --like "
            "--best-of --best-by Suesstrunk --keep-border --no-note examples: "
        ).split():
            assert word in text
        assert "130" in text
        assert max(map(len, text.splitlines())) <= 80

    @pytest.mark.parametrize(
        "argv, words",
        [
            (["paint"], "paint"),
            (["colorize"], "INPUTS"),
            (["colorize", "a"], "--output"),
            (["--num-samples", "0"], "at least 1, got '0'"),
            (["--num-samples", "two"], "invalid int value: 'two'"),
            (["--batch-size", "0"], "at least 1, got '0'"),
            (["--jobs", "0"], "at least 1, got '0'"),
            (["--jobs", "-2"], "at least 1, got '-2'"),
            (["--jobs", "all"], "invalid int value: 'all'"),
            (["--seed", "-1"], "at least 0, got '-1'"),
            (["--temperature", "-0.1"], "at least 0, got '-0.1'"),
            (["--temperature", "nan"], "finite number"),
            (["--temperature", "1,-2"], "at least 0, got '-2'"),
            (["--temperature", "1;2"], "invalid temperature value: '1;2'"),
            (["--best-of", "0"], "at least 1, got '0'"),
            (["--best-by", "price"], "colorfulness"),
            (["--upsampling", "cubic"], "guided"),
            (["--format", "gif"], "png"),
            (["--nope"], "`keras-colorize colorize --help` lists"),
        ],
    )
    def test_errors(self, argv, words, capsys):
        if argv and argv[0].startswith("--"):
            argv = ["colorize", "a", "-o", "b", *argv]
        with pytest.raises(SystemExit) as exit:
            main(argv)
        assert exit.value.code == 2
        errors = capsys.readouterr().err
        assert words in errors
        # One line, with what to do.
        assert errors.count("\n") == 1 and "--help` lists" in errors

    @pytest.mark.parametrize(
        "text, value",
        [("0.5", 0.5), ("0,1.5", (0.0, 1.5)), ("1,1,0.2", (1.0, 1.0, 0.2))],
    )
    def test_temperature(self, text, value):
        argv = ["colorize", "a", "-o", "b", "--temperature", text]
        assert parser().parse_args(argv).temperature == value

    def test_short_help_without_arguments(self, capsys):
        assert main([]) == 0
        text, errors = capsys.readouterr()
        assert "colorize " in text and "turing-test" in text
        assert "-o colored" in text and not errors
        assert len(text.splitlines()) < 20


class TestCheckOutput:
    def test_file(self, tmp_path):
        (tmp_path / "file").touch()
        for place in ("file", "file/inside/it"):
            with pytest.raises(UsageError, match="file is a file"):
                check_output(tmp_path / place)

    def test_folders(self, tmp_path):
        check_output(tmp_path)
        check_output(tmp_path / "new" / "newer")
        assert not (tmp_path / "new").exists()
