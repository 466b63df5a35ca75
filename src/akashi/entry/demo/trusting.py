"""The city's trust list for those who check paper: made with the directory, renewed with it, keys of the past kept."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID
from msgspec import structs

from akashi.entry.demo.keys import CITY_DIRECTORY
from akashi.entry.demo.layout import Layout
from akashi.entry.verifying.lists import ROOT_SUFFIX, TRUST_SUFFIX
from akashi.pki.pem import write_public
from akashi.sealing.keys import SigningKey
from akashi.sealing.paper_trust import sign_trust_list
from akashi.wire import codec
from akashi.wire.messages import DirectoryKey, DirectoryPayload, KeyUse, Signed, TrustListPayload

_USES = frozenset({KeyUse.PAPER, KeyUse.DOCUMENT, KeyUse.RECEIPT})


def publish_trust(layout: Layout, *, now_ms: int) -> None:
    """
    Write the trust list that follows from the city's directory and from the list before.

    Args:
        layout: where the city's directory and root are.
        now_ms: moment of the list.
    """
    directory = codec.parse(DirectoryPayload, codec.parse(Signed, (layout.public / CITY_DIRECTORY).read_bytes()).payload)
    root = SigningKey.from_bytes((layout.offline / "city-root.key").read_bytes())
    path = layout.trust / f"{directory.authority}{TRUST_SUFFIX}"
    layout.trust.mkdir(mode=0o755, exist_ok=True)
    current = {key.key_id: key for key in directory.keys if key.use in _USES}
    if path.exists():
        before = codec.parse(TrustListPayload, codec.parse(Signed, path.read_bytes()).payload)
        keys = {key.key_id: key for key in before.keys} | {key_id: _since(before, key) for key_id, key in current.items()}
        payload = structs.replace(before, sequence=before.sequence + 1, made_at_ms=now_ms, keys=tuple(keys.values()))
    else:
        payload = TrustListPayload(directory.authority, _city_name(directory), 1, now_ms, tuple(current.values()))
    write_public(path, sign_trust_list(root, payload))
    write_public(path.with_suffix(ROOT_SUFFIX), root.public_bytes)


def _city_name(directory: DirectoryPayload) -> str:
    """Return the name that stands in the certificate of the city's documents."""
    (certificate,) = (key.public for key in directory.keys if key.use is KeyUse.DOCUMENT)
    (name,) = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(name.value)


def _since(before: TrustListPayload, key: DirectoryKey) -> DirectoryKey:
    """Return a key with the beginning under which it was first listed."""
    known = next((old for old in before.keys if old.key_id == key.key_id), key)
    return structs.replace(key, not_before_ms=min(key.not_before_ms, known.not_before_ms))
