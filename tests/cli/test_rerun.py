"""What a run knows of earlier runs: the manifest, and files of others."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_colorize.models import Colorizer
from keras_colorize_cli.colorize.manifest import NAME
from keras_colorize_cli.colorize.options import preset_sha256
from tests.cli.conftest import names
from tests.cli.conftest import pixels
from tests.cli.conftest import records


class TestManifest:
    def test_a_record_of_each_photograph(self, run, model, photo, tmp_path):
        album, out = tmp_path / "in", tmp_path / "out"
        photo(album / "sub" / "a.png")
        (album / "b.png").write_text("not a photograph")
        code, _, _ = run(
            *("colorize", album, "-o", out, "--recursive", "--seed", 3),
            *("--temperature", 0.5),
        )
        assert code == 1
        bad, good = records(out)
        assert good.pop("seconds") > 0
        content = (album / "sub" / "a.png").read_bytes()
        assert good == {
            "input": str(album / "sub" / "a.png"),
            "sha256": hashlib.sha256(content).hexdigest(),
            "name": "sub/a",
            "outputs": ["sub/a_1.png", "sub/a_sheet.png"],
            "preset": "default",
            "preset_sha256": preset_sha256(model),
            "arguments": {
                "readout": "sample",
                "temperature": 0.5,
                "upsampling": "guided",
                "like": None,
                "hints": None,
                "best_of": None,
                "best_by": None,
                "keep_border": False,
            },
            "seed": 3,
            "error": None,
        }
        assert bad["outputs"] == [] and "not a photograph" in bad["error"]

    def test_hash_of_the_preset(self, model):
        before = preset_sha256(model)
        assert before == preset_sha256(model)
        variable = model.weights[-1]
        value = np.array(variable.value)
        try:
            variable.assign(value + 1e-3)
            assert preset_sha256(model) != before
        finally:
            variable.assign(value)
        model.image_size += 1
        try:
            assert preset_sha256(model) != before
        finally:
            model.image_size -= 1

    @pytest.mark.parametrize("cut", [1, 40])
    def test_torn_last_line_is_dropped(self, run, photo, tmp_path, cut):
        """As after kill -9 while the line is written."""
        for name in ("a.png", "b.png"):
            photo(tmp_path / "in" / name)
        command = ("colorize", tmp_path / "in", "-o", tmp_path / "out")
        run(*command, "--overwrite")
        path = tmp_path / "out" / NAME
        whole = path.read_bytes()
        path.write_bytes(whole[:-cut])
        # The claim stays until the line is whole.
        claim = tmp_path / "out" / ".b.keras_colorize"
        claim.write_text('["b_1.png", "b_sheet.png"]')
        code, text, errors = run(*command)
        assert code == 0 and errors == ""
        assert "colored: 1, kept: 1" in text
        assert [r["name"] for r in records(tmp_path / "out")] == ["a", "b"]
        assert not claim.exists()

    def test_other_files_of_that_name(self, run, photo, tmp_path):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        out.mkdir()
        for content in (b"my notes", b"my\nnotes\n", b"{}\n", b'["a"]\n'):
            (out / NAME).write_bytes(content)
            code, _, errors = run("colorize", path, "-o", out)
            assert code == 2 and "line 1. Move the file away" in errors
            assert (out / NAME).read_bytes() == content
        (out / NAME).unlink()
        (out / NAME).symlink_to(tmp_path / "elsewhere")
        code, _, errors = run("colorize", path, "-o", out)
        assert code == 2 and "is a link" in errors
        assert not (tmp_path / "elsewhere").exists()


class TestRerun:
    @pytest.fixture
    def drawn(self, monkeypatch):
        """Counts the photographs that are drawn."""
        calls = []
        generate = Colorizer.generate

        def counted(*args, **options):
            calls.append(options["seed"])
            return generate(*args, **options)

        monkeypatch.setattr(Colorizer, "generate", counted)
        return calls

    def test_skips_without_reading_pixels(
        self, run, photo, tmp_path, drawn, monkeypatch
    ):
        path, out = photo(tmp_path / "in" / "a.png"), tmp_path / "out"
        run("colorize", path, "-o", out)
        monkeypatch.delattr(
            "keras_colorize_cli.colorize.pipeline.read_photograph"
        )
        # From another place, by another name of the folder.
        monkeypatch.chdir(tmp_path)
        code, text, _ = run("colorize", "in", "-o", "out")
        assert code == 0 and "colored: 0, kept: 1" in text
        assert len(drawn) == 1 and len(records(out)) == 1

    def test_other_arguments_need_overwrite(self, run, photo, tmp_path, drawn):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        command = ("colorize", path, "-o", out)
        run(*command, "--seed", 1)
        before = (out / "a_1.png").read_bytes()
        for more, words in (
            (["--seed", 2], "was made with seed 1"),
            (["--temperature", 0.5], "with temperature 1.0 (now 0.5)"),
            (["--readout", "mode"], "with readout sample (now mode)"),
        ):
            code, _, errors = run(*command, *more)
            assert code == 1 and words in errors and "--overwrite" in errors
            assert (out / "a_1.png").read_bytes() == before
            code, _, errors = run(*command, *more, "--overwrite")
            assert code == 0 and errors == ""
            assert (out / "a_1.png").read_bytes() != before
            run(*command, "--seed", 1, "--overwrite")
        assert len(drawn) == 7

    def test_other_photograph_or_preset(
        self, run, model, photo, tmp_path, drawn
    ):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        run("colorize", path, "-o", out)
        model.image_size += 1
        try:
            code, _, errors = run("colorize", path, "-o", out)
        finally:
            model.image_size -= 1
        assert code == 1 and "was made with another preset" in errors
        path.unlink()
        photo(path, seed=1)
        code, _, errors = run("colorize", path, "-o", out)
        assert code == 1 and "of another version of the photograph" in errors
        assert len(drawn) == 1

    def test_missing_files_get_the_seed_of_the_others(
        self, run, photo, tmp_path, drawn
    ):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        command = ("colorize", path, "-o", out, "--num-samples", 2)
        run(*command)
        before = pixels(out / "a_2.png")
        (out / "a_2.png").unlink()
        assert run(*command)[0] == 0
        np.testing.assert_array_equal(pixels(out / "a_2.png"), before)
        assert drawn[0] == drawn[1]

    def test_sheet_follows_the_colorings(self, run, photo, tmp_path):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        run("colorize", path, "-o", out)
        width = pixels(out / "a_sheet.png").shape[1]
        assert run("colorize", path, "-o", out, "--num-samples", 2)[0] == 0
        assert pixels(out / "a_sheet.png").shape[1] > width

    def test_failed_ones_are_tried_again(self, run, photo, tmp_path):
        path, out = tmp_path / "a.png", tmp_path / "out"
        path.write_text("not a photograph")
        assert run("colorize", path, "-o", out)[0] == 1
        path.unlink()
        photo(path)
        assert run("colorize", path, "-o", out)[0] == 0
        assert [r["error"] is None for r in records(out)] == [False, True]


class TestFilesOfOthers:
    @pytest.mark.parametrize("more", [(), ("--overwrite",)])
    def test_links_are_not_written_through(self, run, photo, tmp_path, more):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        out.mkdir()
        (out / "a_1.png").symlink_to(tmp_path / "outside.png")
        code, _, errors = run("colorize", path, "-o", out, *more)
        assert code == 1 and "was not made by this command" in errors
        assert not (tmp_path / "outside.png").exists()
        assert names(out) == ["a_1.png"]

    def test_link_in_the_place_of_an_output(self, run, photo, tmp_path):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"
        run("colorize", path, "-o", out)
        (out / "a_1.png").rename(tmp_path / "moved.png")
        (out / "a_1.png").symlink_to(tmp_path / "moved.png")
        assert "kept: 1" in run("colorize", path, "-o", out)[1]
        before = (tmp_path / "moved.png").read_bytes()
        code, _, errors = run("colorize", path, "-o", out, "--overwrite")
        assert code == 1 and "is a link, which is never replaced" in errors
        assert (tmp_path / "moved.png").read_bytes() == before

    def test_a_coloring_that_is_an_input(self, run, photo, tmp_path):
        path = photo(tmp_path / "a.png")
        command = ("-o", tmp_path, "--overwrite")
        run("colorize", path, *command)
        code, _, errors = run("colorize", path, tmp_path / "a_1.png", *command)
        assert code == 1 and "a photograph to color" in errors


class TestStops:
    @pytest.mark.parametrize("jobs", [1, 3])
    def test_disk_full(self, run, photo, tmp_path, monkeypatch, jobs):
        album, out = tmp_path / "in", tmp_path / "out"
        for name in ("a.png", "b.png", "c.png", "d.png"):
            photo(album / name)
        replace = os.replace

        def full(source, target):
            if os.path.basename(target) == "b_sheet.png":
                raise OSError(errno.ENOSPC, "No space left on device")
            replace(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", full)
            code, text, errors = run(
                "colorize", album, "-o", out, "--jobs", jobs
            )
        assert code == 1 and "The disk is full. Make room" in errors
        found = [n for n in names(out) if n[0] != "."]
        assert found[:3] == ["a_1.png", "a_sheet.png", "b_1.png"]
        # Those that were being written when the disk was full.
        others = ["c_1.png", "c_sheet.png", "d_1.png", "d_sheet.png"]
        assert found[3:] in ([], others[:2], *[others[2:], others] * (jobs > 1))
        assert f"Files written: {len(found)} in" in text
        assert records(out)[1]["outputs"] == ["b_1.png"]
        assert sum((r["outputs"] for r in records(out)), []) == found
        # Then there is room.
        code, text, errors = run("colorize", album, "-o", out)
        assert code == 0 and errors == ""
        assert [n for n in names(out) if n[0] == "."] == []
        assert len(names(out)) == 8

    def test_manifest_cannot_be_written(
        self, run, photo, tmp_path, monkeypatch
    ):
        path, out = photo(tmp_path / "a.png"), tmp_path / "out"

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(
                "keras_colorize_cli.colorize.manifest.Manifest.append", full
            )
            code, text, errors = run("colorize", path, "-o", out)
        assert code == 1 and "The disk is full" in errors
        assert "failed: 1. Files written: 2" in text
        assert run("colorize", path, "-o", out)[0] == 0
        assert names(out) == ["a_1.png", "a_sheet.png"]

    @pytest.mark.slow
    def test_kill(self, preset, photo, tmp_path):
        """kill -9 loses at most the photographs in work."""
        album, out = tmp_path / "in", tmp_path / "out"
        for k in range(60):
            photo(album / f"{k:02}.png", seed=k)
        code = "from keras_colorize_cli.main import main; main()"
        command = [sys.executable, "-c", code, "colorize", str(album)]
        command += ["-o", str(out), "--preset", str(preset)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.time() + 120
        while time.time() < deadline and len(names(out)) < 9:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        lines = (out / NAME).read_bytes().splitlines(keepends=True)
        done = [json.loads(x) for x in lines if x.endswith(b"\n")]
        assert 1 <= len(done) < 60
        before = {
            name: (out / name).stat().st_mtime_ns
            for record in done
            for name in record["outputs"]
        }
        found = subprocess.run(command, capture_output=True, text=True)
        assert found.returncode == 0
        assert f"kept: {len(done)} " in found.stdout
        assert all((out / n).stat().st_mtime_ns == before[n] for n in before)
        assert len([n for n in names(out) if n.endswith(".png")]) == 120
        assert len(records(out)) == 60
