"""JSON from strangers."""

import json

# Of every JSON in a preset; the largest of ours has about 0.1 MB.
MAX_BYTES = 10_000_000


def parse_json(data, place):
    """Parses an object of JSON, and nothing that only looks like one.

    Args:
        data: bytes.
        place: What to call it in errors.

    Returns:
        A dictionary.

    Raises:
        ValueError: If it is not UTF-8 JSON, has a key twice, NaN or infinite
            numbers, or is no object.
    """
    try:
        content = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{place} is damaged or not JSON: {error}. Fetch the preset again."
        ) from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{place} is a JSON {type(content).__name__}. Expected an object."
        )
    return content


def read_json(path):
    """Parses a file as `parse_json` does; it may have 10 MB.

    Raises:
        ValueError: As there, or if the file is larger.
    """
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"{path} is too large: expected at most {MAX_BYTES:,} bytes. It "
            "belongs to no preset of keras_colorize."
        )
    return parse_json(data, path)


def _unique(pairs):
    content = {}
    for key, value in pairs:
        if key in content:
            raise ValueError(f"the key {key!a:.80} is there twice")
        content[key] = value
    return content


def _refuse_constant(name):
    raise ValueError(f"{name} is no JSON number")
