"""The header of a safetensors file: what it says it holds."""

import dataclasses
import math
import os

from keras_colorize.presets.strict_json import MAX_BYTES
from keras_colorize.presets.strict_json import parse_json

# Bytes of each of safetensors' types that a Keras variable can have.
_ITEM_SIZES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "U16": 2,
    "I16": 2,
    "F16": 2,
    "BF16": 2,
    "U32": 4,
    "I32": 4,
    "F32": 4,
    "U64": 8,
    "I64": 8,
    "F64": 8,
}
_MAX_RANK = 8


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A tensor that a file holds.

    Args:
        path: The file.
        dtype: str. In safetensors' words, such as `"F32"`.
        shape: tuple of ints.
    """

    path: object
    dtype: str
    shape: tuple


def read_header(path):
    """Reads and checks the header of a safetensors file, and no more of it.

    Every tensor's bytes must be inside the file, as many as its shape needs,
    one tensor after the other without gaps up to the end of the file: so what
    the header claims, the file really holds.

    Args:
        path: Path of the file.

    Returns:
        A dictionary of `Tensor` by name.

    Raises:
        ValueError: If the file is none or claims what it does not hold.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise _damaged(
                path, f"its header claims {length:,} bytes of {size:,}"
            )
        if length > MAX_BYTES:
            raise _damaged(
                path,
                f"its header has {length:,} bytes, more than {MAX_BYTES:,}",
            )
        data = file.read(length)
    content = parse_json(data, f"The header of {path}")
    content.pop("__metadata__", None)
    spans = []
    tensors = {}
    for name, entry in content.items():
        dtype, shape, span = _entry(path, name, entry)
        tensors[name] = Tensor(path, dtype, shape)
        spans.append(span)
    end = 0
    for first, last in sorted(spans):
        if first != end:
            raise _damaged(path, f"its bytes {end}-{first} are not one tensor")
        end = last
    if end != size - 8 - length:
        raise _damaged(
            path,
            f"its tensors have {end:,} bytes, and the file "
            f"{size - 8 - length:,} for them",
        )
    return tensors


def _entry(path, name, entry):
    """Type, shape and span of one tensor in a header."""
    if not isinstance(entry, dict):
        entry = {}
    dtype, shape = entry.get("dtype"), entry.get("shape")
    span = entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in _ITEM_SIZES:
        raise _damaged(path, f"{name!a:.80} has the type {dtype!a:.80}")
    if not _are_counts(shape) or len(shape) > _MAX_RANK:
        raise _damaged(path, f"{name!a:.80} has the shape {shape!a:.80}")
    if not _are_counts(span) or len(span) != 2 or span[0] > span[1]:
        raise _damaged(path, f"{name!a:.80} is at {span!a:.80}")
    expected = math.prod(shape) * _ITEM_SIZES[dtype]
    if span[1] - span[0] != expected:
        raise _damaged(
            path,
            f"{name!a:.80} has {span[1] - span[0]:,} bytes, and {dtype} "
            f"{shape} needs {expected:,}",
        )
    return dtype, tuple(shape), tuple(span)


def _are_counts(values):
    return isinstance(values, list) and all(
        type(v) is int and 0 <= v < 2**63 for v in values
    )


def _damaged(path, problem):
    return ValueError(
        f"{path} is damaged or no safetensors file: {problem}. Fetch the "
        "preset again."
    )
