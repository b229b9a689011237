"""TensorFlow checkpoints in tar archives, which nobody vouches for."""

import pathlib
import re
import shutil
import tarfile

# With optimizer slots, the checkpoints of Royer et al. are of up to 1.8 GB.
_LARGEST = 4 << 30
_MOST_MEMBERS = 1000
# Long names are members of their own, which tarfile reads into memory.
_LONGEST_NAME = 1 << 16
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE)
_NAMES = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME)


class _Refused(Exception):
    """Why an archive is refused."""


class _Member(tarfile.TarInfo):
    """A member whose header is checked before tarfile acts on it."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        member = super().frombuf(buf, encoding, errors)
        if member.type not in _FILES + _NAMES:
            raise _Refused(f"{member.name!r} is a link or a device")
        if member.type in _NAMES and member.size > _LONGEST_NAME:
            raise _Refused("a name in it is longer than 64 KiB")
        return member

    # Maps of sparse files may be of any length and are read into memory with
    # the header, so `_checked` would see them too late.
    def _refuse_sparse(self, following, *args):
        raise _Refused(f"{following.name!r} is a sparse file")

    _proc_gnusparse_00 = _refuse_sparse
    _proc_gnusparse_01 = _refuse_sparse
    _proc_gnusparse_10 = _refuse_sparse


def extract_checkpoint(path, directory):
    """Extracts the files of the one checkpoint in a tar archive.

    Args:
        path: pathlib.Path. The archive, compressed or not.
        directory: pathlib.Path. Where to; only files directly in it are
            written.

    Returns:
        pathlib.Path. The checkpoint's prefix.

    Raises:
        ValueError: If it is damaged or no archive; if it holds no checkpoint
            or several, a link, a device, or a path that leads out of it; if
            it has more than 4 GiB or more than the disk has room for.
    """
    try:
        with tarfile.open(path, tarinfo=_Member) as archive:
            members = list(_checked(archive))
            prefix = _only_prefix(members)
            chosen = [m for m in members if _belongs(m.name, prefix)]
            size = sum(member.size for member in chosen)
            if size > shutil.disk_usage(directory).free:
                raise _Refused(
                    f"there is no room for its {size:,} bytes in {directory} "
                    "(the environment variable TMPDIR names another place)"
                )
            for member in chosen:
                # Of the archive's own names, only the last part is used.
                target = directory / pathlib.PurePosixPath(member.name).name
                with archive.extractfile(member) as file:
                    with target.open("wb") as copy:
                        shutil.copyfileobj(file, copy)
            return directory / pathlib.PurePosixPath(prefix).name
    except _Refused as error:
        reason = str(error)
    except Exception as error:
        # Decompressors raise OSError, too, but without a number.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        # Of any type, as hostile headers take tarfile by surprise.
        reason = f"it is damaged or no tar archive ({type(error).__name__})"
    raise ValueError(
        f"{path} is refused: {reason}. Expected a tar archive of one "
        "TensorFlow checkpoint, at most 4 GiB. Fetch it again; or, if you "
        "trust it, extract it and pass the prefix of the checkpoint."
    )


def _checked(archive):
    """The members of an archive, each checked before the next is read."""
    size = 0
    for count, member in enumerate(archive, 1):
        size += member.size
        if member.size < 0 or size > _LARGEST or count > _MOST_MEMBERS:
            raise _Refused(
                f"it claims more than {_MOST_MEMBERS} files, more than 4 GiB "
                "or a negative size"
            )
        name = pathlib.PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts:
            raise _Refused(f"{member.name!r} leads out of it")
        yield member


def _only_prefix(members):
    names = [m.name for m in members if m.isreg()]
    names = sorted(name for name in names if name.endswith(".index"))
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise _Refused(f"of files named *.index, it holds {found}")
    return names[0].removesuffix(".index")


def _belongs(name, prefix):
    part = name.removeprefix(prefix)
    return part != name and re.fullmatch(r"\.(index|data-\d+-of-\d+)", part)
