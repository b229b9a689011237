import io
import pathlib
import tarfile

import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.models.checkpoint_files import open_checkpoint
from tests.models import released_checkpoints

VALUES = {"a/V": np.arange(6, dtype="float32").reshape(2, 3)}
STATE = 'model_checkpoint_path: "/elsewhere/log/{}"\n'


@pytest.fixture
def folder(tmp_path):
    """A folder `log` with the checkpoint `model.ckpt`."""
    folder = tmp_path / "log"
    folder.mkdir()
    released_checkpoints.write(folder / "model.ckpt", VALUES)
    return folder


def check(path, values=VALUES):
    with open_checkpoint(path) as reader:
        assert set(reader.get_variable_to_shape_map()) == set(values)
        for name, value in values.items():
            np.testing.assert_array_equal(reader.get_tensor(name), value)


def pack(path, *members, mode="w:gz", format=tarfile.GNU_FORMAT):
    """Writes an archive of files and of (TarInfo, content)."""
    with tarfile.open(path, mode, format=format) as archive:
        for member in members:
            if isinstance(member, pathlib.Path):
                archive.add(member, f"log/{member.name}")
            else:
                archive.addfile(member[0], io.BytesIO(member[1]))
    return path


def member(name, content=b"", type=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = type, link, len(content)
    return info, content


class TestPaths:
    @pytest.mark.parametrize(
        "name",
        [
            "model.ckpt",
            "model.ckpt.index",
            "model.ckpt.meta",
            "model.ckpt.data-00000-of-00001",
            "",
        ],
    )
    def test_prefix_files_and_directory(self, name, folder):
        check(folder / name)
        check(str(folder / name))

    def test_state_file_names_the_latest(self, folder):
        later = {"b": np.float32(3)}
        released_checkpoints.write(folder / "model.ckpt-7", later)
        (folder / "checkpoint").write_text(STATE.format("model.ckpt-7"))
        check(folder, later)
        check(folder / "model.ckpt")

    def test_only_one_whatever_the_state_file_says(self, folder):
        (folder / "checkpoint").write_text(STATE.format("gone.ckpt"))
        check(folder)

    @pytest.mark.parametrize("state", [None, STATE.format("gone"), "{"])
    def test_several_are_refused(self, state, folder):
        released_checkpoints.write(folder / "other.ckpt", VALUES)
        if state:
            (folder / "checkpoint").write_text(state)
        with pytest.raises(ValueError, match="log: model.ckpt, other.ckpt"):
            check(folder)

    def test_missing(self, folder, tmp_path):
        with pytest.raises(FileNotFoundError, match="no checkpoint .*other"):
            check(folder / "other.ckpt")
        (tmp_path / "empty").mkdir()
        with pytest.raises(FileNotFoundError, match="no checkpoint in .*empt"):
            check(tmp_path / "empty")

    def test_missing_values(self, folder):
        (folder / "model.ckpt.data-00000-of-00001").unlink()
        for path in (folder, folder / "model.ckpt"):
            with pytest.raises(ValueError, match="data-00000-of-00001"):
                check(path)

    @pytest.mark.parametrize("part", ["index", "data-00000-of-00001"])
    @pytest.mark.parametrize("damage", ["cut", "flipped", "emptied"])
    def test_damaged(self, part, damage, folder):
        path = folder / f"model.ckpt.{part}"
        content = bytearray(path.read_bytes())
        if damage == "flipped":
            content[5] ^= 255
        else:
            content = content[: len(content) // 2 if damage == "cut" else 0]
        path.write_bytes(content)
        with pytest.raises(ValueError, match="model.ckpt cannot be read"):
            check(folder / "model.ckpt")

    def test_errors_of_who_reads_are_their_own(self, folder):
        error = tf.errors.ResourceExhaustedError(None, None, "no memory")
        with pytest.raises(tf.errors.ResourceExhaustedError, match="no memory"):
            with open_checkpoint(folder):
                raise error

    def test_no_memory_is_no_damage(self, folder, monkeypatch):
        def fail(*args):
            raise tf.errors.ResourceExhaustedError(None, None, "no memory")

        monkeypatch.setattr(tf.train, "load_checkpoint", fail)
        with pytest.raises(tf.errors.ResourceExhaustedError, match="no memory"):
            check(folder)


class TestArchives:
    @pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
    @pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_extracts(self, mode, format, folder, tmp_path):
        parts = sorted(folder.iterdir())
        more = [member("log", type=tarfile.DIRTYPE), member("log/notes.txt")]
        path = tmp_path / "model.tar.gz"
        check(pack(path, *more, *parts, mode=mode, format=format))

    def test_only_the_checkpoint_and_only_while_open(
        self, folder, tmp_path, monkeypatch
    ):
        place = tmp_path / "temporary"
        place.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(place))
        path = pack(
            tmp_path / "a.tar", *folder.iterdir(), member("notes.txt", b"hi")
        )
        with open_checkpoint(path):
            files = {p.name for p in place.rglob("*") if p.is_file()}
        assert files == {p.name for p in folder.iterdir()}
        assert not list(place.iterdir())

    @pytest.mark.parametrize("name", ["../x.index", "log/../../x.index"])
    def test_member_that_leads_out(self, name, folder, tmp_path):
        path = pack(
            tmp_path / "b.tar.gz", member(name, b"x"), *folder.iterdir()
        )
        with pytest.raises(ValueError, match="b.tar.gz is refused.*outside"):
            check(path)
        assert {p.name for p in tmp_path.iterdir()} == {"log", "b.tar.gz"}

    @pytest.mark.parametrize("type", [tarfile.SYMTYPE, tarfile.LNKTYPE])
    def test_links_are_not_followed(self, type, folder, tmp_path):
        target = folder / "model.ckpt.index"
        link = member("log/model.ckpt.index", type=type, link=str(target))
        data = folder / "model.ckpt.data-00000-of-00001"
        path = pack(tmp_path / "b.tar", link, data)
        with pytest.raises(FileNotFoundError, match="no checkpoint in .*b.tar"):
            check(path)

    @pytest.mark.parametrize(
        "headers",
        [
            {
                "GNU.sparse.size": str(1 << 30),
                "GNU.sparse.offset": "0",
                "GNU.sparse.numbytes": "0",
            },
            {"GNU.sparse.size": str(1 << 30), "GNU.sparse.map": "0,0"},
            {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"},
        ],
        ids=["0.0", "0.1", "1.0"],
    )
    def test_sparse_file_of_pax(self, headers, folder, tmp_path):
        bomb, _ = member("log/model.ckpt.data-00000-of-00001")
        bomb.pax_headers = headers
        path = pack(
            tmp_path / "a.tar",
            folder / "model.ckpt.index",
            (bomb, b""),
            format=tarfile.PAX_FORMAT,
        )
        with pytest.raises(ValueError, match="a.tar is refused"):
            check(path)

    def test_sparse_file_of_gnu(self, folder, tmp_path):
        bomb = member("log/model.ckpt.index", type=tarfile.GNUTYPE_SPARSE)
        with pytest.raises(ValueError, match="ckpt.index' is a sparse file"):
            check(pack(tmp_path / "a.tar", bomb, *folder.iterdir()))

    def test_none_and_several(self, folder, tmp_path):
        path = pack(tmp_path / "a.tar", member("log/notes.txt"))
        with pytest.raises(FileNotFoundError, match="no checkpoint in .*a.tar"):
            check(path)
        path = pack(
            tmp_path / "b.tar",
            *folder.iterdir(),
            member("old/model.ckpt.index"),
        )
        words = "several .*b.tar: log/model.ckpt, old/model.ckpt"
        with pytest.raises(ValueError, match=words):
            check(path)

    def test_values_missing(self, folder, tmp_path):
        path = pack(tmp_path / "a.tar", folder / "model.ckpt.index")
        with pytest.raises(ValueError, match="data-00000-of-00001"):
            check(path)

    @pytest.mark.parametrize("keep", [0, 3, 40, -60])
    def test_truncated(self, keep, folder, tmp_path):
        path = pack(tmp_path / "a.tar.gz", *folder.iterdir())
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(ValueError, match="a.tar.gz is refused"):
            check(path)

    def test_no_archive(self, tmp_path):
        (tmp_path / "model.zip").write_bytes(b"PK" * 600)
        with pytest.raises(ValueError, match="model.zip is refused"):
            check(tmp_path / "model.zip")
