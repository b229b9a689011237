"""The files of answers that raters of a visual Turing test give."""

import json

FORMAT = "keras-colorize turing-test 1"

_ORDERS = ("first", "second")
_EXPECTED = (
    'Expected the file that the button "Download the answers" of a study\'s '
    "page gives."
)


def read_answers(paths):
    """Reads and checks the answers of the raters of one study.

    Args:
        paths: list of str or Path.

    Returns:
        List of dicts, one for each rater, with the keys `"study"`, `"rater"`,
        `"methods"` and `"answers"`. A method has the keys `"preset"` and
        `"sample"`. An answer has the keys `"photograph"` and `"method"`, ints,
        and `"coloring"` and `"chosen"`, `"first"` or `"second"`: which of the
        two pictures was the coloring, and which one the rater chose as the
        original.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If a file holds no answers, or two files are of different
            studies or of the same rater.
    """
    sheets = [_read(path) for path in paths]
    raters = {}
    for path, sheet in zip(paths, sheets):
        _check_study(path, sheet, paths[0], sheets[0])
        if sheet["rater"] in raters:
            raise ValueError(
                f"{raters[sheet['rater']]} and {path} are of the same rater. "
                "Keep the file with more answers."
            )
        raters[sheet["rater"]] = path
    return sheets


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            sheet = json.load(file)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}. {_EXPECTED}") from error
    problem = _problem(sheet)
    if problem:
        raise ValueError(f"{path}: {problem}. {_EXPECTED}")
    return sheet


def _problem(sheet):
    """What is wrong with a file of answers, or None."""
    if not isinstance(sheet, dict) or sheet.get("format") != FORMAT:
        return "the file holds no answers of a visual Turing test"
    for key in ("study", "rater"):
        if not isinstance(sheet.get(key), str):
            return f"{key!r} is {sheet.get(key)!r}"
    methods, answers = sheet.get("methods"), sheet.get("answers")
    if not isinstance(methods, list) or not all(map(_is_method, methods)):
        return f"'methods' is {methods!r}"
    if not isinstance(answers, list) or not answers:
        return "the file holds no answers, because the rater gave none"
    for number, answer in enumerate(answers, 1):
        if not _is_answer(answer, len(methods)):
            return f"answer {number} is {answer!r}"
    if len({answer["photograph"] for answer in answers}) < len(answers):
        return "two answers are of the same photograph"
    return None


def _is_method(entry):
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("preset"), str)
        and type(entry.get("sample")) is int
    )


def _is_answer(answer, num_methods):
    return (
        isinstance(answer, dict)
        and type(answer.get("photograph")) is int
        and type(answer.get("method")) is int
        and 0 <= answer["method"] < num_methods
        and answer.get("coloring") in _ORDERS
        and answer.get("chosen") in _ORDERS
    )


def _check_study(path, sheet, first_path, first):
    """Refuses answers of another study than those of the first file."""
    if sheet["study"] != first["study"]:
        raise ValueError(
            f"{path} is of study {sheet['study']}, but {first_path} is of "
            f"study {first['study']}. Score the files of each study alone."
        )
    if sheet["methods"] != first["methods"]:
        raise ValueError(
            f"{path} and {first_path} are of the same study, but their methods "
            "differ: one of the files was changed. Ask the rater for the file "
            "again."
        )
