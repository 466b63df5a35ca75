"""The test CA: its shape, its folder, and that it never passes for the real one."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from akashi.pki.authority import own_certificate
from akashi.pki.crl import parse_crl
from akashi.pki.errors import MaterialBad
from akashi.pki.moments import millis
from akashi.pki.pem import parse_key, pem_blocks
from akashi.pki.revoked import parse_state
from akashi.pki.testca import AUTHORITIES_FILE, STATE_FILE, TestAuthority, partition_name
from unit.pki.made_pki import DAY_MS, NOW, card, card_key, fresh_ca, jpki_ca, other_ca


def test_its_name_says_test_and_carries_nothing_of_a_person() -> None:
    ca = jpki_ca()
    certificate = own_certificate(card().certificate_der)
    assert "O=JPKI-TEST" in certificate.issuer.rfc4514_string()
    assert set(own_certificate(ca.authorities[0]).subject) >= set(certificate.issuer)
    assert [part.oid for part in certificate.subject] == [x509.NameOID.COUNTRY_NAME, x509.NameOID.COMMON_NAME]
    assert len({own_certificate(card(each).certificate_der).subject for each in (0, 1, 2)}) == 3
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_a_fresh_key_is_made_where_none_is_brought() -> None:
    made = jpki_ca().issue(now_ms=NOW)
    assert made.key_pem is not None
    key = parse_key(made.key_pem)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert key.public_key() == own_certificate(made.certificate_der).public_key()
    assert card().key_pem is None


def test_no_certificate_outlives_its_generation() -> None:
    ca = jpki_ca()
    oldest_end = millis(ca.generations[0].certificate.not_valid_after_utc)
    made = ca.issue(now_ms=NOW, public_key=card_key().public_key(), generation=0, lifetime_days=9999)
    assert millis(own_certificate(made.certificate_der).not_valid_after_utc) == oldest_end


def test_generations_and_partitions_that_do_not_exist_are_refused() -> None:
    ca = jpki_ca()
    for generation in (3, -4):
        with pytest.raises(MaterialBad):
            ca.issue(now_ms=NOW, public_key=card_key().public_key(), generation=generation)
    for partition in ("", "a/b", "明石野市", "x" * 65):
        with pytest.raises(MaterialBad):
            partition_name(partition)
    with pytest.raises(MaterialBad):
        TestAuthority([])


def test_only_its_own_certificates_are_revoked_and_only_holds_are_lifted() -> None:
    ca = fresh_ca()
    foreign = other_ca().issue(now_ms=NOW, public_key=card_key().public_key())
    with pytest.raises(MaterialBad):
        ca.revoke(foreign.certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    with pytest.raises(MaterialBad):
        ca.lift_hold(card().certificate_der)
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    with pytest.raises(MaterialBad):
        ca.lift_hold(card().certificate_der)


def test_the_folder_gives_back_what_was_saved_and_keeps_keys_to_itself(tmp_path: Path) -> None:
    ca = fresh_ca()
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.certificate_hold, now_ms=NOW)
    ca.crls(now_ms=NOW)
    ca.save(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {modes[f"generation-{number}.key"] for number in (1, 2, 3)} == {0o400}
    assert {modes[f"responder-{number}.key"] for number in (1, 2, 3)} == {0o600}
    assert modes[STATE_FILE] == 0o600
    assert modes[AUTHORITIES_FILE] == 0o644
    assert not [name for name in modes if name.endswith(".new")]
    again = TestAuthority.load(tmp_path)
    assert again.authorities == ca.authorities
    assert again.state_json() == ca.state_json()
    assert [each.responder_der for each in again.generations] == [each.responder_der for each in ca.generations]
    assert pem_blocks((tmp_path / AUTHORITIES_FILE).read_bytes(), "CERTIFICATE") == ca.authorities
    again.lift_hold(card().certificate_der)
    again.save(tmp_path)
    assert TestAuthority.load(tmp_path).generations[-1].revoked == {}


def test_lists_are_written_as_one_file(tmp_path: Path) -> None:
    ca = fresh_ca()
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    ca.save_lists(tmp_path / "lists.pem", now_ms=NOW)
    found = [parse_crl(der, authorities=ca.authorities) for der in pem_blocks((tmp_path / "lists.pem").read_bytes(), "X509 CRL")]
    assert [len(each.serials) for each in found] == [0, 0, 1]
    assert {each.next_update_ms for each in found} == {NOW + DAY_MS}
    assert [each.crl_number for each in ca.generations] == [1, 1, 1]


def test_a_folder_of_another_ca_is_not_overwritten(tmp_path: Path) -> None:
    fresh_ca().save(tmp_path)
    with pytest.raises(MaterialBad, match="another key"):
        other_ca().save(tmp_path)


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MaterialBad):
        TestAuthority.load(tmp_path)
    fresh_ca().save(tmp_path)
    state = json.loads((tmp_path / STATE_FILE).read_text())
    renamed = {f"{at:02x}": value for at, value in enumerate(state.values())}
    for text in (b"", b"{", b"[]", b'{"zz": {"crl_number": 1, "revoked": []}}', json.dumps(renamed).encode()):
        (tmp_path / STATE_FILE).write_bytes(text)
        with pytest.raises(MaterialBad):
            TestAuthority.load(tmp_path)
    (tmp_path / STATE_FILE).write_text(json.dumps(state))
    (tmp_path / "responder-1.key").write_bytes((tmp_path / "generation-2.key").read_bytes())
    with pytest.raises(MaterialBad, match="another kind"):
        TestAuthority.load(tmp_path)


def test_the_responders_keys_are_renewed() -> None:
    ca = fresh_ca()
    before = [each.responder_der for each in ca.generations]
    ca.renew_responders(now_ms=NOW)
    assert not set(before) & {each.responder_der for each in ca.generations}


def test_the_state_file_names_no_more_than_it_must() -> None:
    ca = fresh_ca()
    ca.revoke(card().certificate_der, reason=x509.ReasonFlags.superseded, now_ms=NOW)
    state = parse_state(ca.state_json())
    assert [(one.serial, one.time_ms, one.reason) for each in state.values() for one in each.revoked] == [
        (card().serial, NOW, x509.ReasonFlags.superseded)
    ]
