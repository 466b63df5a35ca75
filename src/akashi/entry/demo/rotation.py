"""
Renews what runs out every day: both directories, the issuer's sealing key, the revocation lists.

In production each root's holder does this off line, a day or a month ahead; here the demonstration holds all roots.
Source: docs/spec/protocol.md section 2.1.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from akashi.entry.demo.keys import CENTER_DIRECTORY, CITY_DIRECTORY, seal_key_file
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.ownership import give_file
from akashi.entry.demo.trusting import publish_trust
from akashi.pki.pem import write_private, write_public
from akashi.pki.testca import TestAuthority
from akashi.sealing.directory import DIRECTORY_AGE_MS_MAX, sign_directory
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.wire import codec
from akashi.wire.messages import DirectoryKey, DirectoryPayload, KeyUse, Signed
from akashi.wire.transcript import key_id

REVOCATION_LISTS = "revocation-lists.pem"
RENEW_AFTER_MS = 12 * 3_600_000
_BACKDATE_MS = 300_000
_KEPT_SEAL_KEYS = 2


def renew(layout: Layout, *, now_ms: int) -> bool:
    """Renew directories, sealing key and revocation lists where they are older than twelve hours; return whether they were."""
    city = _payload(layout.public / CITY_DIRECTORY)
    if now_ms - city.not_before_ms < RENEW_AFTER_MS:
        return False
    center = _payload(layout.public / CENTER_DIRECTORY)
    root = SigningKey.from_bytes((layout.offline / "center-root.key").read_bytes())
    _publish(layout.public / CENTER_DIRECTORY, root, _renewed(center, center.keys, now_ms))
    seal = SealPrivateKey.generate()
    folder = layout.server("issuance/issuer") / "seal-keys"
    path = seal_key_file(folder, seal.public_bytes)
    write_private(path, seal.to_bytes())
    _give_like(folder, path)
    root = SigningKey.from_bytes((layout.offline / "city-root.key").read_bytes())
    _publish(layout.public / CITY_DIRECTORY, root, _renewed(city, _with_seal(city.keys, seal.public_bytes, now_ms), now_ms))
    publish_trust(layout, now_ms=now_ms)
    publish_revocation_lists(layout, TestAuthority.load(layout.jpki), now_ms=now_ms)
    return True


def publish_revocation_lists(layout: Layout, authority: TestAuthority, *, now_ms: int) -> None:
    """Give center/validity the test JPKI's revocation lists, good for a day; serial numbers are for its eyes only."""
    folder = layout.server("center/validity")
    path = folder / REVOCATION_LISTS
    authority.save_lists(path, now_ms=now_ms)
    authority.save_state(layout.jpki)
    _give_like(folder, path)


def _give_like(folder: Path, path: Path) -> None:
    """Give a new file to the user who owns the folder."""
    owner = folder.stat()
    give_file(path, owner.st_uid, owner.st_gid)


def _with_seal(keys: tuple[DirectoryKey, ...], public: bytes, now_ms: int) -> tuple[DirectoryKey, ...]:
    """Return the keys with a new sealing key; the one before stays for envelopes that are on their way."""
    sealing = [key for key in keys if key.use is KeyUse.ISSUER_SEAL]
    newest = sorted(sealing, key=lambda key: key.not_before_ms)[-(_KEPT_SEAL_KEYS - 1) :]
    others = tuple(key for key in keys if key.use is not KeyUse.ISSUER_SEAL)
    fresh = DirectoryKey(key_id(public), KeyUse.ISSUER_SEAL, public, now_ms - _BACKDATE_MS, now_ms + DIRECTORY_AGE_MS_MAX)
    return (fresh, *newest, *others)


def _renewed(payload: DirectoryPayload, keys: tuple[DirectoryKey, ...], now_ms: int) -> DirectoryPayload:
    begin_ms = now_ms - _BACKDATE_MS
    end_ms = begin_ms + DIRECTORY_AGE_MS_MAX
    lasting = tuple(
        key if key.use is KeyUse.ISSUER_SEAL else structs.replace(key, not_after_ms=end_ms + _BACKDATE_MS) for key in keys
    )
    return structs.replace(payload, sequence=payload.sequence + 1, not_before_ms=begin_ms, not_after_ms=end_ms, keys=lasting)


def _payload(path: Path) -> DirectoryPayload:
    return codec.parse(DirectoryPayload, codec.parse(Signed, path.read_bytes()).payload)


def _publish(path: Path, root: SigningKey, payload: DirectoryPayload) -> None:
    write_public(path, sign_directory(root, payload))
