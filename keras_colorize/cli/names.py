"""What the outputs of each photograph are called."""

import itertools


def name_outputs(sources):
    """A name for each photograph, to which `_1.png` and so on are added.

    It is the photograph's own, in the same sub-folder. Photographs that would
    share one get their suffix added, or the name of the folder they come from.
    Case makes no difference: on many disks it makes none.

    Args:
        sources: list of `Source`.

    Returns:
        A list of relative paths.
    """
    groups = {}
    for source in sources:
        key = _key(source.folder / source.path.stem)
        groups.setdefault(key, []).append(source)
    names, taken = {}, set()
    # Those alone first: they keep their names.
    for group in sorted(groups.values(), key=len):
        for candidates in _candidates(group):
            keys = {_key(name) for name in candidates}
            if len(keys) == len(group) and not keys & taken:
                break
        taken |= keys
        names.update(zip(group, candidates))
    return [names[source] for source in sources]


def _candidates(group):
    """Names for the photographs of a group, ever longer ones."""
    for with_root, with_suffix in ((0, 0), (0, 1), (1, 0), (1, 1)):
        yield [_name(source, with_root, with_suffix) for source in group]
    for start in itertools.count(1):
        yield [
            _name(source, 1, 1, str(number))
            for number, source in enumerate(group, start)
        ]


def _name(source, with_root, with_suffix, number=""):
    root = source.root if with_root else ""
    suffix = source.path.suffix[1:].lower() if with_suffix else ""
    parts = (root, source.path.stem, suffix, number)
    return source.folder / "_".join(filter(None, parts))


def _key(path):
    return str(path).casefold()
