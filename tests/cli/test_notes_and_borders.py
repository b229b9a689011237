import numpy as np
import pytest

from keras_colorize.images import Photograph
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph
from keras_colorize.images.xmp import with_note
from keras_colorize.presets.registry import DEFAULT
from tests.cli.conftest import names
from tests.cli.conftest import pixels
from tests.cli.conftest import records

PACKET = with_note(None, "scanner", 9)


@pytest.fixture
def scan(tmp_path):
    """Writes a toned scan with a paper border and metadata."""

    def write(name="a.png", **metadata):
        rng = np.random.default_rng(0)
        scan = np.full((60, 80, 3), (250, 240, 220), np.uint8)
        scan[6:-6, 6:-6] = rng.integers(60, 140, (48, 68, 3))
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        write_photograph(path, Photograph(scan, **metadata))
        return path

    return write


class TestNote:
    def test_colorings_and_sheet(self, run, scan, tmp_path):
        path = scan(xmp=PACKET, text={"Author": "me"}, dpi=(300, 300))
        out = tmp_path / "out"
        run(
            *("colorize", path, "-o", out, "--seed", 4, "--num-samples", 2),
            *("--preset", "mine"),
        )
        for k in (1, 2):
            coloring = read_photograph(out / f"a_{k}.png")
            assert coloring.xmp == with_note(PACKET, "mine", 4, k)
            assert coloring.text == {"Author": "me"}
            assert coloring.dpi == pytest.approx((300, 300), rel=1e-3)
        sheet = read_photograph(out / "a_sheet.png")
        assert sheet.xmp == with_note(None, "mine", 4)

    def test_no_note(self, run, scan, tmp_path):
        noted, plain = scan("a.png", xmp=PACKET), scan("b.png")
        out = tmp_path / "out"
        run("colorize", noted, plain, "-o", out, "--no-note")
        assert read_photograph(out / "a_1.png").xmp == PACKET
        assert read_photograph(out / "b_1.png").xmp is None
        assert read_photograph(out / "b_sheet.png").xmp is None

    def test_seed_is_that_of_the_manifest(self, run, scan, tmp_path):
        run("colorize", scan(), "-o", tmp_path / "out")
        (record,) = records(tmp_path / "out")
        coloring = read_photograph(tmp_path / "out" / "a_1.png")
        assert coloring.xmp == with_note(None, DEFAULT, record["seed"])

    @pytest.mark.parametrize("note", ["--note", "--no-note"])
    def test_one_file(self, note, run, scan, tmp_path):
        out = tmp_path / "o.webp"
        run("colorize", scan(), "-o", out, "--seed", 4, note)
        expected = None if note == "--no-note" else with_note(None, DEFAULT, 4)
        assert read_photograph(out).xmp == expected

    def test_folders_of_this_machine_are_not_told(
        self, run, preset, scan, tmp_path
    ):
        run("colorize", scan(), "-o", tmp_path / "out", "--preset", preset)
        xmp = read_photograph(tmp_path / "out" / "a_1.png").xmp
        assert b"preset tiny" in xmp
        assert str(preset.parent).encode() not in xmp

    def test_same_seed_same_file(self, run, scan, tmp_path):
        path = scan()
        for name in ("one", "two"):
            run("colorize", path, "-o", tmp_path / name, "--seed", 4)
        one, two = (tmp_path / name / "a_1.png" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


class TestWarnings:
    def test_of_their_own_photograph(self, run, scan, tmp_path):
        """What is lost in writing, though others are drawn at the time."""
        for k in range(4):
            scan(f"{k}.png", text={f"Own {k}": "text"})
        out = tmp_path / "out"
        code, _, errors = run(
            *("colorize", tmp_path / "in", "-o", out, "--format", "jpeg"),
            *("--num-samples", 2, "--json"),
        )
        assert code == 0
        lines = errors.splitlines()
        for k in range(4):
            (line,) = [line for line in lines if f"'Own {k}'" in line]
            assert f"{k}.png" in line and "text is left out" in line


class TestKeepBorder:
    def inside(self, picture):
        return picture[6:-6, 6:-6]

    def test_border_alone(self, run, scan, tmp_path):
        path = scan()
        argv = ("colorize", path, "--seed", 4, "-o")
        assert run(*argv, tmp_path / "free")[0] == 0
        assert run(*argv, tmp_path / "kept", "--keep-border")[0] == 0
        assert run(*argv, tmp_path / "kept.png", "--keep-border")[0] == 0
        free, kept = (
            pixels(tmp_path / x / "a_1.png") for x in ("free", "kept")
        )
        frame = np.ones((60, 80), bool)
        self.inside(frame)[:] = False
        np.testing.assert_array_equal(kept[frame], pixels(path)[frame])
        assert (free[frame] != kept[frame]).any()
        np.testing.assert_array_equal(self.inside(kept), self.inside(free))
        np.testing.assert_array_equal(kept, pixels(tmp_path / "kept.png"))
        assert records(tmp_path / "kept")[0]["arguments"]["keep_border"]

    def test_other_argument_needs_overwrite(self, run, scan, tmp_path):
        argv = ("colorize", scan(), "-o", tmp_path / "out", "--seed", 4)
        assert run(*argv)[0] == 0
        code, _, errors = run(*argv, "--keep-border")
        assert code == 1 and "keep_border False (now True)" in errors
        assert names(tmp_path / "out") == ["a_1.png", "a_sheet.png"]

    def test_sixteen_bits(self, run, tmp_path):
        scan = np.full((60, 80, 1), 65000, np.uint16)
        scan[6:-6, 6:-6] = 30001
        write_photograph(tmp_path / "a.png", Photograph(scan))
        out = tmp_path / "o.png"
        run("colorize", tmp_path / "a.png", "-o", out, "--keep-border")
        assert (pixels(out)[:6] == 65000).all()
        assert (self.inside(pixels(out)) != 30001).any()
