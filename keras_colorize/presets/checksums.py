"""Checking files against hashes."""

import hashlib
import os


def hash_of(path, algorithm):
    """The hash of a file.

    Args:
        path: Path of the file.
        algorithm: str. `"SHA-256"`, or `"git SHA-1"`, which is what git calls
            a file of this content: that of `"blob SIZE\\0"` and the content.

    Returns:
        The hash in hexadecimal.
    """
    with open(path, "rb") as file:
        if algorithm == "SHA-256":
            digest = hashlib.sha256()
        else:
            size = os.fstat(file.fileno()).st_size
            digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
