"""Every code, kind and choice has its words, in Japanese and in English."""

from __future__ import annotations

import re

import pytest

from akashi.base.locale import LANGUAGES, texts
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import FACTS, WireCode

SENTENCE_CHARACTERS_MAX = 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_one_sentence(language: str) -> None:
    sentences = texts("codes", language)
    assert set(sentences) == {code.value for code in WireCode}
    for code, sentence in sentences.items():
        assert sentence.endswith("。" if language == "ja" else "."), code
        assert len(sentence) <= SENTENCE_CHARACTERS_MAX, code
        # Plain words: a person at a kiosk must not meet the code itself, a server's name or a word of ours.
        assert not re.search(r"[A-Z]{3,}_|issuer|grant|token|nonce|HPKE", sentence), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_codes_say_the_same(language: str) -> None:
    sentences = list(texts("codes", language).values())
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_choice_has_a_name(language: str) -> None:
    names = texts("certificates", language)
    assert set(names) == {each.value for each in (*Kind, *Choice)}
    assert all(names.values())


@pytest.mark.promise("C4")
@pytest.mark.parametrize("language", LANGUAGES)
def test_blocked_unknown_and_deceased_share_a_sentence_that_tells_none_of_them(language: str) -> None:
    sentence = texts("codes", language)[WireCode.NOT_AVAILABLE]
    telling = (
        "支援",
        "措置",
        "ブロック",
        "抑止",
        "死亡",
        "登録がありません",
        "block",
        "protect",
        "deceased",
        "unknown",
        "registered",
    )
    assert not any(word in sentence for word in telling)


def test_who_can_act_is_said_for_every_code() -> None:
    for language in LANGUAGES:
        words = texts("kiosk", language)
        assert all(words[f"who_{FACTS[code].acts.value}"] for code in WireCode)
