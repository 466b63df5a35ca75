"""Every message type: any bytes give a value or `Malformed`; values survive the round trip; encoding is deterministic."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akashi.wire import codec, messages
from akashi.wire.codec import Malformed
from akashi.wire.messages import Message


def _kinds(base: type[Message]) -> Iterator[type[Message]]:
    for kind in base.__subclasses__():
        if kind.__module__.startswith("akashi.wire.messages"):
            yield kind
            yield from _kinds(kind)


KINDS: list[type[Message]] = sorted(_kinds(Message), key=lambda kind: kind.__name__)
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
EXTRA_BYTES_MAX = 40
"""Byte fields are generated up to this much over their minimum: limits have tests of their own below."""


def value_of(kind: msgspec.inspect.Type) -> st.SearchStrategy[object]:
    """Return a strategy for values of that type, within its limits."""
    match kind:
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.IntType(gt=gt, ge=ge, le=le):
            smallest = gt + 1 if gt is not None else ge
            return st.integers(-(2**63) if smallest is None else smallest, 2**64 - 1 if le is None else le)
        case msgspec.inspect.StrType(pattern=str(pattern), max_length=longest):
            texts: st.SearchStrategy[str] = st.from_regex(pattern)
            bounded: st.SearchStrategy[str] = texts.filter(lambda text: longest is None or len(text) <= longest)
            return bounded
        case msgspec.inspect.StrType(min_length=shortest, max_length=longest):
            return st.text(min_size=shortest or 0, max_size=min(longest or EXTRA_BYTES_MAX, EXTRA_BYTES_MAX))
        case msgspec.inspect.BytesType(min_length=shortest, max_length=longest):
            least = shortest or 0
            return st.binary(min_size=least, max_size=min(longest or 2**30, least + EXTRA_BYTES_MAX))
        case msgspec.inspect.EnumType(cls=enum):
            return st.sampled_from(list(enum))
        case msgspec.inspect.VarTupleType(item_type=item, min_length=shortest, max_length=longest):
            least = shortest or 0
            return st.lists(value_of(item), min_size=least, max_size=min(longest or 4, least + 3)).map(tuple)
        case msgspec.inspect.UnionType(types=types):
            return st.one_of(*map(value_of, types))
        case msgspec.inspect.StructType(cls=struct, fields=fields):
            return st.tuples(*(value_of(field.type) for field in fields)).map(lambda values: struct(*values))
    raise AssertionError(f"no strategy for {kind}")


def message_of(kind: type[Message]) -> st.SearchStrategy[Message]:
    """Return a strategy for messages of that kind."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return st.tuples(*(value_of(field.type) for field in info.fields)).map(lambda values: kind(*values))


def parsed_or_malformed(kind: type[Message], untrusted: bytes) -> Message | None:
    try:
        return codec.parse(kind, untrusted)
    except Malformed:
        return None


def test_the_list_is_complete() -> None:
    exported = {value for value in vars(messages).values() if isinstance(value, type) and issubclass(value, Message)}
    assert set(KINDS) == exported - {Message}
    assert len(KINDS) > 40


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@FEW
def test_values_survive_the_round_trip(kind: type[Message], data: st.DataObject) -> None:
    value = data.draw(message_of(kind))
    encoded = codec.encode(value)
    parsed = codec.parse(kind, encoded)
    assert parsed == value
    assert type(parsed) is kind
    assert codec.encode(parsed) == encoded


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(untrusted=st.binary(max_size=200))
@FEW
def test_any_bytes_give_a_value_or_malformed(kind: type[Message], untrusted: bytes) -> None:
    parsed_or_malformed(kind, untrusted)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@FEW
def test_altered_messages_give_a_value_or_malformed(kind: type[Message], data: st.DataObject) -> None:
    encoded = codec.encode(data.draw(message_of(kind)))
    at = data.draw(st.integers(0, len(encoded) - 1), label="at")
    cut = data.draw(st.integers(0, 3), label="cut")
    put = data.draw(st.binary(max_size=3), label="put")
    parsed = parsed_or_malformed(kind, encoded[:at] + put + encoded[at + cut :])
    if parsed is not None:
        assert codec.parse(kind, codec.encode(parsed)) == parsed


def _one_field_more(encoded: bytes) -> bytes:
    """Return the array with a nil at its end; up to 15 elements its head is one byte, else three."""
    count, fields = (encoded[0] & 0x0F, encoded[1:]) if encoded[0] < 0xA0 else (int.from_bytes(encoded[1:3], "big"), encoded[3:])
    return b"\xdc" + (count + 1).to_bytes(2, "big") + fields + b"\xc0"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(FEW, max_examples=10)
def test_unknown_fields_missing_bytes_and_trailing_bytes_are_malformed(kind: type[Message], data: st.DataObject) -> None:
    encoded = codec.encode(data.draw(message_of(kind)))
    for untrusted in (_one_field_more(encoded), encoded + b"\xc0", encoded[:-1]):
        with pytest.raises(Malformed):
            codec.parse(kind, untrusted)


def structure(value: int) -> st.SearchStrategy[object]:
    """Return a strategy for well-formed msgpack that is not made for any message."""
    leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text() | st.integers(0, 9), inner),
        max_leaves=value,
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(value=structure(12))
@settings(FEW, max_examples=30)
def test_any_msgpack_gives_a_value_or_malformed(kind: type[Message], value: object) -> None:
    parsed_or_malformed(kind, msgspec.msgpack.encode(value))


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa0", b"\xdc\x00\x01"], ids=["array", "map", "array 16"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_deep_nesting_is_malformed(kind: type[Message], opening: bytes) -> None:
    with pytest.raises(Malformed):
        codec.parse(kind, opening * 5_000)


def bounds() -> list[tuple[type[Message], str, msgspec.inspect.BytesType]]:
    """Return every byte field of every message that has a largest length."""
    found: list[tuple[type[Message], str, msgspec.inspect.BytesType]] = []
    for kind in KINDS:
        info = msgspec.inspect.type_info(kind)
        assert isinstance(info, msgspec.inspect.StructType)
        found += [(kind, field.name, field.type) for field in info.fields if isinstance(field.type, msgspec.inspect.BytesType)]
    return found


@pytest.mark.parametrize(("kind", "name", "field"), bounds(), ids=lambda value: getattr(value, "__name__", str(value))[:30])
@given(data=st.data())
@settings(FEW, max_examples=1)
def test_every_byte_field_is_bounded(
    kind: type[Message], name: str, field: msgspec.inspect.BytesType, data: st.DataObject
) -> None:
    assert field.max_length is not None, f"{kind.__name__}.{name} has no limit"
    value = data.draw(message_of(kind))
    fits = msgspec.structs.replace(value, **{name: bytes(field.max_length)})
    assert codec.parse(kind, codec.encode(fits)) == fits
    with pytest.raises(Malformed):
        codec.parse(kind, codec.encode(msgspec.structs.replace(value, **{name: bytes(field.max_length + 1)})))
    if field.min_length:
        with pytest.raises(Malformed):
            codec.parse(kind, codec.encode(msgspec.structs.replace(value, **{name: bytes(field.min_length - 1)})))
