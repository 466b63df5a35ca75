"""Text for people: one TOML a language and subject, Japanese first."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

LANGUAGES = ("ja", "en")


class TextMissing(Exception):  # noqa: N818 - what happened
    """There is no such subject or language: a bug, found by the first test that shows the page."""


@cache
def texts(subject: str, language: str) -> Mapping[str, str]:
    """
    Return the sentences of a subject ("kiosk", "codes") in a language ("ja", "en"), by key.

    Raises:
        TextMissing: no such language or subject.
    """
    if language not in LANGUAGES:
        raise TextMissing(language)
    try:
        content = files("akashi").joinpath("locale", f"{subject}.{language}.toml").read_text("utf-8")
    except OSError:
        raise TextMissing(f"{subject}.{language}") from None
    return MappingProxyType({key: str(value) for key, value in tomllib.loads(content).items()})


def say(subject: str, key: str, language: str) -> str:
    """
    Return one sentence, or the key itself where the language has none: a missing word must not cost anybody a certificate.

    Raises:
        TextMissing: no such language or subject.
    """
    return texts(subject, language).get(key, key)
