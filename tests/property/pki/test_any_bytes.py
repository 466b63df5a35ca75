"""Any bytes into any parser give a value or a documented refusal; no damaged certificate, list or answer is believed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.x509 import ocsp as x509_ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.ports import Caller
from akashi.pki import ocsp
from akashi.pki.crl import parse_crl
from akashi.pki.errors import (
    CardExpired,
    CardUntrusted,
    KioskUntrusted,
    MaterialBad,
    PeerUnnamed,
    QuestionBad,
    RevocationUnknown,
)
from akashi.pki.hop import issue_hop_certificate, peer_name
from akashi.pki.jpki import verify_card_certificate
from akashi.pki.kiosk import issue_kiosk_certificate, verify_kiosk_certificate
from akashi.pki.pem import one_certificate, parse_key, pem_blocks
from akashi.pki.revoked import parse_state
from akashi.wire.errors import Refused
from unit.pki.made_pki import NOW, card, device_public, fresh_ca, hop_authority, jpki_ca, kiosk_authority

FEW = settings(max_examples=120, deadline=None)
NONCE = bytes(range(32))


def ask() -> ocsp.Question:
    return ocsp.make_question(authority_der=card().authority_der, serial=card().serial, nonce=NONCE)


def answer() -> bytes:
    newest = jpki_ca().generations[-1]
    signer = ocsp.Responder(newest.certificate_der, newest.responder_der, newest.responder_key)
    return ocsp.build_answer(ask(), responder=signer, revocation=None, dates_ms=(NOW, NOW + 60_000))


QUESTION = ask()
HOP = issue_hop_certificate(hop_authority(), server="center/relay", now_ms=NOW).certificate_der
KIOSK = issue_kiosk_certificate(kiosk_authority(), kiosk_id="K0001", public=device_public(), now_ms=NOW)
CRL = fresh_ca().crls(now_ms=NOW)[-1]
ANSWER = answer()


def read_peer(der: bytes) -> object:
    return peer_name(der)


def read_kiosk(der: bytes) -> object:
    return verify_kiosk_certificate(der, authority_der=kiosk_authority().certificate_der, now_ms=NOW, revoked=())


def read_card(der: bytes) -> object:
    return verify_card_certificate(der, authorities=jpki_ca().authorities, now_ms=NOW, policies=jpki_ca().accepted())


def read_crl(der: bytes) -> object:
    return parse_crl(der, authorities=jpki_ca().authorities)


def read_answer(der: bytes) -> object:
    return ocsp.verify_answer(der, question=QUESTION, authority_der=card().authority_der, now_ms=NOW)


PARSERS: dict[str, tuple[Callable[[bytes], object], bytes, tuple[type[Refused], ...]]] = {
    "peer_name": (read_peer, HOP, (PeerUnnamed,)),
    "kiosk": (read_kiosk, KIOSK, (KioskUntrusted,)),
    "card": (read_card, card().certificate_der, (CardUntrusted, CardExpired)),
    "crl": (read_crl, CRL, (RevocationUnknown,)),
    "ocsp answer": (read_answer, ANSWER, (RevocationUnknown,)),
    "ocsp question": (ocsp.parse_question, ocsp.encode_question(QUESTION), (QuestionBad,)),
    "pem blocks": (lambda text: pem_blocks(text, "CERTIFICATE"), b"", (MaterialBad,)),
    "pem certificate": (one_certificate, b"", (MaterialBad,)),
    "pem key": (parse_key, b"", (MaterialBad,)),
    "state": (parse_state, fresh_ca().state_json(), (MaterialBad,)),
}


@pytest.mark.parametrize("name", PARSERS)
@FEW
@given(data=st.data())
def test_any_bytes_give_a_value_or_a_documented_refusal(name: str, data: st.DataObject) -> None:
    read, sample, refusals = PARSERS[name]
    body = data.draw(st.binary(max_size=200) | damaged(sample))
    try:
        read(body)
    except refusals as refusal:
        assert refusal.detail  # noqa: PT017 - that it is one of the documented kinds is the point


def damaged(sample: bytes) -> st.SearchStrategy[bytes]:
    """Bytes close to good ones: some replaced, some cut out or put in."""
    at = st.integers(0, max(len(sample) - 1, 0))
    fill = st.binary(max_size=8)
    changed = st.builds(lambda start, size, new: sample[:start] + new + sample[start + size :], at, st.integers(0, 8), fill)
    return changed | st.builds(lambda end: sample[:end], at)


SEALED = ["kiosk", "card", "crl"]
"""Wholly under a signature by an authority: no other bytes may give the same value or another."""


@pytest.mark.promise("C24")
@pytest.mark.parametrize("name", SEALED)
@FEW
@given(data=st.data())
def test_no_flipped_bit_is_believed(name: str, data: st.DataObject) -> None:
    read, sample, refusals = PARSERS[name]
    bit = data.draw(st.integers(0, len(sample) * 8 - 1))
    body = bytearray(sample)
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(refusals):
        read(bytes(body))


@pytest.mark.promise("C24")
@FEW
@given(data=st.data())
def test_no_flipped_bit_in_what_the_responder_signed_is_believed(data: st.DataObject) -> None:
    signed = x509_ocsp.load_der_ocsp_response(ANSWER).tbs_response_bytes
    start = ANSWER.index(signed)
    bit = data.draw(st.integers(start * 8, (start + len(signed)) * 8 - 1))
    body = bytearray(ANSWER)
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises(RevocationUnknown):
        read_answer(bytes(body))


@FEW
@given(st.text(max_size=60), st.sampled_from(["center/relay", "store/kiosk"]))
def test_a_name_is_one_of_the_topology_or_none(text: str, server: str) -> None:
    try:
        issued = issue_hop_certificate(hop_authority(), server=server, instance=text, now_ms=NOW)
    except MaterialBad:
        return
    assert peer_name(issued.certificate_der) == Caller(server, text)
