"""Text for people: one TOML a language and subject, Japanese first."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = ("ja", "en")


@cache
def texts(subject: str, language: str) -> dict[str, str]:
    """
    Return the sentences of a subject ("kiosk", "codes") in a language ("ja", "en"), by key.

    Raises:
        KeyError: no such language.
        FileNotFoundError: no such subject.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    content = files("akashi").joinpath("locale", f"{subject}.{language}.toml").read_text("utf-8")
    return {key: str(value) for key, value in tomllib.loads(content).items()}
