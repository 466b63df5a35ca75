"""The table of accepted cards as files."""

from __future__ import annotations

import pytest

from akashi.admission import CardTrust, card_trust_files, parse_card_trust, trust_authorities
from akashi.admission.errors import TrustUnfit
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY
from akashi.pki.pem import pem_text
from akashi.wire.errors import WireCode
from unit.admission.made_session import P384_SUITE, RSA_SUITE, cards
from unit.pki.made_pki import jpki_ca, other_ca


def test_the_table_comes_back_from_its_files() -> None:
    assert parse_card_trust(*card_trust_files(cards())) == cards()


def test_the_simplest_table_accepts_each_authority_for_its_own_life() -> None:
    simple = trust_authorities(jpki_ca().authorities, policy_oids=[USER_AUTHENTICATION_POLICY], suites=[RSA_SUITE, P384_SUITE])
    assert simple == cards()
    for authorities, policies, suites in (
        ((), ["1.2"], [RSA_SUITE]),
        (jpki_ca().authorities, [], [RSA_SUITE]),
        (jpki_ca().authorities, ["1.2"], []),
        ((b"no certificate",), ["1.2"], [RSA_SUITE]),
    ):
        with pytest.raises(TrustUnfit):
            trust_authorities(authorities, policy_oids=policies, suites=suites)


TOML, PEM = card_trust_files(cards())


@pytest.mark.parametrize(
    ("toml", "pem"),
    [
        pytest.param(b"", PEM, id="empty"),
        pytest.param(b"\xff", PEM, id="not text"),
        pytest.param(b"suites = [", PEM, id="not TOML"),
        pytest.param(TOML + b"\nextra = 1\n", PEM, id="unknown key in a row"),
        pytest.param(b"extra = 1\n" + TOML, PEM, id="unknown key"),
        pytest.param(TOML.replace(RSA_SUITE.encode(), b"jpki-rsa1024"), PEM, id="unknown suite"),
        pytest.param(TOML.replace(b"T", b" ").replace(b"Z", b""), PEM, id="time without zone"),
        pytest.param(b'suites = ["' + RSA_SUITE.encode() + b'"]\naccept = []\n', b"", id="no row"),
        pytest.param(TOML, b"", id="no certificate"),
        pytest.param(TOML, PEM + pem_text("CERTIFICATE", other_ca().authorities[0]), id="a certificate too many"),
        pytest.param(TOML, pem_text("CERTIFICATE", jpki_ca().authorities[0]), id="a certificate too few"),
        pytest.param(TOML, pem_text("CERTIFICATE", b"broken"), id="broken certificate"),
        pytest.param(TOML.replace(b'authority = "', b'authority = "zz'), PEM, id="not hexadecimal"),
    ],
)
def test_a_table_that_does_not_fit_its_certificates_starts_no_server(toml: bytes, pem: bytes) -> None:
    with pytest.raises(TrustUnfit) as refusal:
        parse_card_trust(toml, pem)
    assert refusal.value.code is WireCode.INTERNAL


def test_a_table_without_suites_accepts_nothing_and_is_refused() -> None:
    none = CardTrust(cards().authorities, cards().policies, frozenset())
    with pytest.raises(TrustUnfit, match="nothing would be accepted"):
        parse_card_trust(*card_trust_files(none))
