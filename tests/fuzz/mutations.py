"""Changes of bytes and of JSON, drawn by hypothesis."""

import struct
import zlib

from hypothesis import strategies as st

# Where types end, and what headers and tags hold.
_NUMBERS = st.sampled_from(
    [0, 1, 2, 3, 4, 8, 9, 16, 24, 32, 99, 2**7, 2**8 - 1, 2**15, 2**16 - 1]
    + [2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1]
)
# Headers are in front, and some formats have a directory at the end.
_PLACES = st.one_of(
    st.integers(0, 80),
    st.integers(0, 1000),
    st.integers(-300, -1),
    st.integers(0, 2**16),
)
_IN_PLACE = st.one_of(
    st.tuples(st.just("set"), _PLACES, st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("flip"), _PLACES, st.integers(0, 7)),
    st.tuples(
        *(st.just("number"), _PLACES, st.sampled_from("<>")),
        *(st.sampled_from("BHIQ"), _NUMBERS),
    ),
)
_SHIFTS = st.one_of(
    st.tuples(st.just("insert"), _PLACES, st.binary(min_size=1, max_size=64)),
    st.tuples(st.just("copy"), _PLACES, _PLACES, st.integers(1, 400)),
    st.tuples(st.just("delete"), _PLACES, st.integers(1, 400)),
    st.tuples(st.just("cut"), _PLACES),
)
# Few files survive a shift.
CHANGES = st.lists(
    st.one_of(_IN_PLACE, _IN_PLACE, _IN_PLACE, _SHIFTS), min_size=1, max_size=4
)


def changed(data, changes):
    """Bytes after changes, in order. Places beyond the end wrap around."""
    data = bytearray(data)
    for kind, place, *what in changes:
        if not data:
            break
        at = place % len(data)
        if kind == "set":
            data[at : at + len(what[0])] = what[0]
        elif kind == "flip":
            data[at] ^= 1 << what[0]
        elif kind == "number":
            order, width, number = what
            size = struct.calcsize(width)
            number = struct.pack(order + width, number % 256**size)
            data[at : at + size] = number
        elif kind == "insert":
            data[at:at] = what[0]
        elif kind == "copy":
            start = what[0] % len(data)
            data[at:at] = data[start : start + what[1]]
        elif kind == "delete":
            del data[at : at + what[0]]
        else:
            del data[at:]
    return bytes(data)


def with_checksums(png):
    """A PNG file whose chunks have the right CRC, so that they are read."""
    data, at = bytearray(png), 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        end = at + 8 + length
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(data)


_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 20),
    st.sampled_from([64, 1000, 65_536, 65_537, -(10**9), 10**30]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["lab", "ColorizerPIC", "Conv2D", "__lambda__", "../a"]),
)
JSON = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
# A place in a tree of JSON, what to do there, and a new value.
EDITS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(["replace", "replace", "delete", "rename", "repeat"]),
        JSON,
    ),
    min_size=1,
    max_size=3,
)


def edited(tree, edits):
    """A tree of JSON after edits. Its root stays."""
    for number, kind, value in edits:
        places = list(_places(tree))
        if not places:
            break
        parent, key = places[number % len(places)]
        if kind == "replace":
            parent[key] = value
        elif kind == "delete":
            del parent[key]
        elif kind == "repeat" and isinstance(parent, list):
            parent[key:key] = parent[key : key + 1]
        elif isinstance(parent, dict):
            parent[f"{key}_"] = parent.pop(key)
    return tree


def _places(tree):
    """Each (parent, key) of a tree."""
    keys = range(len(tree)) if isinstance(tree, list) else list(tree)
    for key in keys:
        yield tree, key
        if isinstance(tree[key], (dict, list)):
            yield from _places(tree[key])
