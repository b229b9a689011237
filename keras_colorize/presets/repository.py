"""Names of repositories on the Hugging Face Hub."""

import huggingface_hub

HUB = "hf://"


def checked_repository(repo_id, expected):
    """The `"owner/name"` of a repository.

    Args:
        repo_id: str. It, or `"hf://owner/name"`.
        expected: str. What was expected, for the error.

    Raises:
        ValueError: If it is no such name.
    """
    problem = ""
    if isinstance(repo_id, str):
        name = repo_id.removeprefix(HUB)
        try:
            huggingface_hub.utils.validate_repo_id(name)
            if name.count("/") == 1:
                return name
        except ValueError as error:
            problem = f" {error}"
    raise ValueError(
        f"{repo_id!r} is no repository on the Hub. Expected {expected}."
        f"{problem}"
    )
