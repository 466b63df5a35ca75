"""Private keys: what they hold, and that nothing of it gets out by accident."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import subprocess
import sys
import traceback

import msgspec
import pytest

from akashi.sealing.keys import SealPrivateKey, SigningKey, parse_seal_public
from akashi.sealing.seal import seal_issuer_part
from akashi.wire import transcript
from akashi.wire.codec import Malformed
from akashi.wire.errors import WireCode

KEYS = [SealPrivateKey.from_bytes(bytes(range(100, 196))), SigningKey.from_bytes(bytes(range(100, 132)))]
every_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: type(key).__name__)


def shows_secret(text: str) -> bool:
    secret = bytes(range(100, 132))
    return secret.hex()[:16] in text.lower() or repr(secret)[2:18] in text


def test_public_bytes_are_mlkem_then_x25519() -> None:
    key = SealPrivateKey.generate()
    assert len(key.public_bytes) == 1184 + 32
    assert len(key.to_bytes()) == 64 + 32
    assert key.key_id == transcript.key_id(key.public_bytes)
    again = SealPrivateKey.from_bytes(key.to_bytes())
    assert (again.public_bytes, again.key_id) == (key.public_bytes, key.key_id)


def test_a_signing_key_comes_back_from_its_bytes() -> None:
    key = SigningKey.generate()
    assert len(key.public_bytes) == 32
    assert key.key_id == transcript.key_id(key.public_bytes)
    assert SigningKey.from_bytes(key.to_bytes()).public_bytes == key.public_bytes


def test_generated_keys_differ() -> None:
    keys = [make() for make in (SealPrivateKey.generate, SigningKey.generate) for _ in range(3)]
    assert len({key.to_bytes() for key in keys}) == len({key.key_id for key in keys}) == 6


@pytest.mark.parametrize("length", [0, 32, 95, 97])
def test_a_seal_key_has_96_bytes(length: int) -> None:
    with pytest.raises(Malformed):
        SealPrivateKey.from_bytes(bytes(length))


@pytest.mark.parametrize("length", [0, 31, 33, 96])
def test_a_signing_key_has_32_bytes(length: int) -> None:
    with pytest.raises(Malformed):
        SigningKey.from_bytes(bytes(length))


@every_key
@pytest.mark.promise("C19")
def test_a_key_shows_nothing_of_itself(key: SealPrivateKey | SigningKey, caplog: pytest.LogCaptureFixture) -> None:
    assert shows_secret(repr(key.to_bytes()))
    for text in (repr(key), str(key), f"{key}", f"{key!r:>80}", repr([key]), repr({"key": key})):
        assert not shows_secret(text)
        assert key.key_id.hex() in text
    logging.getLogger("test").warning("%s %r", key, key)
    assert not shows_secret(caplog.text)


@every_key
def test_a_traceback_with_a_key_in_it_shows_nothing(key: SealPrivateKey | SigningKey) -> None:
    def fails(held: object) -> None:
        raise RuntimeError(held)

    with pytest.raises(RuntimeError) as failure:
        fails(key)
    text = "".join(traceback.TracebackException.from_exception(failure.value, capture_locals=True).format())
    assert type(key).__name__ in text
    assert not shows_secret(text)


@every_key
def test_a_key_is_not_pickled_copied_or_encoded(key: SealPrivateKey | SigningKey) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not picklable"):
            pickle.dumps(key, protocol)
    with pytest.raises(TypeError, match="not picklable"):
        copy.copy(key)
    with pytest.raises(TypeError, match="not picklable"):
        copy.deepcopy([key])
    for encode in (json.dumps, msgspec.msgpack.encode, msgspec.json.encode):
        with pytest.raises(TypeError):
            encode(key)
    with pytest.raises(TypeError):
        vars(key)


def test_a_public_key_of_another_length_is_malformed() -> None:
    public = KEYS[0].public_bytes
    for untrusted in (b"", public[:-1], public + b"\0"):
        with pytest.raises(Malformed):
            parse_seal_public(untrusted)


@pytest.mark.parametrize("share", [bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"], ids=["0", "1", "p - 1"])
def test_nothing_is_sealed_to_an_x25519_key_of_small_order(share: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        seal_issuer_part(b"", header=b"", public=KEYS[0].public_bytes[:-32] + share)
    assert refused.value.code is WireCode.MALFORMED


@pytest.mark.promise("C7")
@pytest.mark.parametrize("module", ["seal", "keys", "signing", "directory", "padding", "context", "errors"])
def test_no_module_brings_unseal_with_it(module: str) -> None:
    code = f"import sys, akashi.sealing.{module}; print('akashi.sealing.unseal' in sys.modules)"
    path = [place for place in sys.path if place]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; {code}"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
