"""Tokens of the Hub."""

import re


def clean_token(token):
    """A token without white space around it; None stays None.

    Its errors never show the token, which is a secret.

    Raises:
        TypeError: If it is no str.
        ValueError: If it cannot be a token, since it is empty or has
            characters that no HTTP header may have.
    """
    if token is None:
        return None
    if not isinstance(token, str):
        raise TypeError(
            f"token is a {type(token).__name__}. Expected a str, or None for "
            "the one of HF_TOKEN or `hf auth login`."
        )
    token = token.strip()
    if not re.fullmatch("[!-~]+", token):
        problem = (
            "has spaces, control characters or letters other than ASCII"
            if token
            else "is empty"
        )
        raise ValueError(
            f"token {problem}. Expected one as "
            "https://huggingface.co/settings/tokens shows it, or None for the "
            "one of HF_TOKEN or `hf auth login`."
        )
    return token
