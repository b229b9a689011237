"""Measurements kept in a JSON file."""

import json
import os
import pathlib

import keras
from measure import machine


class Results:
    """Rows of one benchmark on one backend and machine.

    With a file, every row is written as soon as it is measured. Rows that
    were there before stay, but for those that are measured again.

    Args:
        benchmark: str. Its name.
        path: Path or None. The JSON file.

    Raises:
        SystemExit: If the file cannot be written or is of another benchmark,
            backend, machine or version.
    """

    def __init__(self, benchmark, path=None):
        self.content = {
            "benchmark": benchmark,
            "backend": keras.backend.backend(),
            "machine": machine(),
            "rows": [],
        }
        self._path = path and pathlib.Path(path)
        if self._path:
            self._go_on()

    def _go_on(self):
        if not self._path.parent.is_dir():
            raise SystemExit(f"There is no folder for {self._path}. Make it.")
        if not self._path.exists():
            return
        before = json.loads(self._path.read_text())
        for name in ("benchmark", "backend", "machine"):
            if before.get(name) != self.content[name]:
                raise SystemExit(
                    f"{self._path} has results of another {name}: "
                    f"{before.get(name)}, and this one is "
                    f"{self.content[name]}. Choose another file or delete it."
                )
        self.content["rows"] = before["rows"]

    def add(self, key, values):
        """Adds a row, or replaces the one of the same key.

        Args:
            key: dict. What was measured.
            values: dict. What came out: numbers, or lists of one a run.
        """
        rows = self.content["rows"]
        row = {**key, **_rounded(values)}
        for index, old in enumerate(rows):
            if {name: old.get(name) for name in key} == key:
                rows[index] = row
                break
        else:
            rows.append(row)
        if self._path:
            beside = self._path.with_name(f".{self._path.name}.tmp")
            beside.write_text(_as_json(self.content))
            os.replace(beside, self._path)


def _rounded(value):
    """Numbers to four significant digits, more than any timing has."""
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _as_json(content):
    """JSON with a line a row, so that changes are easy to read."""
    head = {name: x for name, x in content.items() if name != "rows"}
    rows = ",\n".join(f"    {json.dumps(row)}" for row in content["rows"])
    start = json.dumps(head, indent=2).removesuffix("\n}")
    return f'{start},\n  "rows": [\n{rows}\n  ]\n}}\n'
