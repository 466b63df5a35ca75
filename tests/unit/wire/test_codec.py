"""The codec: what refuses, what an error shows, and that no newline gets through a pattern."""

from __future__ import annotations

import re

import msgspec
import pytest

from akashi.wire import codec
from akashi.wire.certificates import Item
from akashi.wire.codec import Malformed
from akashi.wire.errors import WireCode
from akashi.wire.messages import BeaconPayload, BulletinRequest, Field, Header, JourneyClass, Message

HEADER = Header(1, "139998", JourneyClass.ISSUE, bytes(16), "store/kiosk/K0001", "issuance/issuer", bytes(8))


def test_a_message_is_an_array_of_its_fields() -> None:
    assert codec.encode(BeaconPayload(5, b"0123456789abcdef")) == b"\x92\x05\xc4\x100123456789abcdef"


def test_malformed_tells_kind_and_cause_and_no_value() -> None:
    with pytest.raises(Malformed) as refused:
        codec.parse(BulletinRequest, msgspec.msgpack.encode(["山田太郎"]))
    error = refused.value
    assert error.code is WireCode.MALFORMED
    assert error.detail == "BulletinRequest: ValidationError"
    assert "山田" not in f"{error!r}{error.__cause__!r}"


@pytest.mark.parametrize("tail", ["\n", "\r", "\0", " ", "\u2028"])
@pytest.mark.parametrize(("field", "value"), [("municipality", "139998"), ("sender", "store/kiosk/K0001"), ("receiver", "a")])
def test_nothing_may_follow_a_name(field: str, value: str, tail: str) -> None:
    good = msgspec.structs.replace(HEADER, **{field: value})
    assert codec.parse(Header, codec.encode(good)) == good
    with pytest.raises(Malformed):
        codec.parse(Header, codec.encode(msgspec.structs.replace(HEADER, **{field: value + tail})))


def patterns(kind: msgspec.inspect.Type) -> list[str]:
    match kind:
        case msgspec.inspect.StrType(pattern=str(pattern)):
            return [pattern]
        case msgspec.inspect.VarTupleType(item_type=item):
            return patterns(item)
        case msgspec.inspect.UnionType(types=types):
            return [found for one in types for found in patterns(one)]
        case msgspec.inspect.StructType(fields=fields):
            return [found for field in fields for found in patterns(field.type)]
    return []


def test_every_pattern_in_every_message_ends_at_the_very_end() -> None:
    found = {pattern for kind in Message.__subclasses__() for pattern in patterns(msgspec.inspect.type_info(kind))}
    assert len(found) >= 4
    for pattern in found:
        assert pattern.startswith("^")
        assert pattern.endswith(r"\Z")
        assert re.compile(pattern).flags & re.MULTILINE == 0


@pytest.mark.parametrize("value", ["\ud800", "a\udfffb"])
def test_a_text_that_utf8_cannot_hold_is_malformed(value: str) -> None:
    with pytest.raises(Malformed):
        codec.encode(Field(Item.NAME, value))


@pytest.mark.parametrize("number", [1 << 64, -(1 << 63) - 1])
def test_a_number_over_64_bits_is_malformed(number: int) -> None:
    with pytest.raises(Malformed):
        codec.encode(BeaconPayload(number, bytes(16)))


@pytest.mark.promise("C11")
@pytest.mark.parametrize("name", ["葛\U000e0100飾", "か\u3099", "\u00c5", "\U00020bb7野"])
def test_a_name_is_never_normalised(name: str) -> None:
    assert codec.parse(Field, codec.encode(Field(Item.NAME, name))).value == name
