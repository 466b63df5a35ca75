"""The keys and lists by which is judged: one trust list a city, and its void list where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from akashi.sealing.paper_trust import TrustList, VoidList, verify_trust_list, verify_void_list
from akashi.verifier.errors import TrustUnfit
from akashi.wire.errors import Refused
from akashi.wire.messages import DirectoryKey, KeyUse


@dataclass(frozen=True, slots=True)
class Trust:
    """
    Verified lists.

    Attributes:
        cities: municipality to trust list.
        voids: municipality to void list.
    """

    cities: dict[str, TrustList]
    voids: dict[str, VoidList] = field(default_factory=dict)

    def paper_key(self, key_id: bytes) -> tuple[TrustList, DirectoryKey] | None:
        """Return the city whose PAPER key has this id, with the key."""
        for city in self.cities.values():
            key = city.by_id(KeyUse.PAPER, key_id)
            if key is not None:
                return city, key
        return None

    def document_key(self, certificate: bytes) -> TrustList | None:
        """Return the city that names this certificate for its files."""
        for city in self.cities.values():
            if any(key.public == certificate for key in city.of_use(KeyUse.DOCUMENT)):
                return city
        return None


def parse_trust(untrusted_lists: Iterable[tuple[bytes, bytes]], untrusted_voids: Iterable[bytes] = ()) -> Trust:
    """
    Return the lists, each after its signature was checked.

    Args:
        untrusted_lists: (root as the caller pinned it, 32 bytes; trust list).
        untrusted_voids: void lists; of one city the newest counts.

    Raises:
        TrustUnfit: a list that is not what its root or key signed, two lists of one city, or none.
    """
    cities: dict[str, TrustList] = {}
    for root, untrusted_list in untrusted_lists:
        try:
            found = verify_trust_list(untrusted_list, root_public=root)
        except Refused as refusal:
            raise TrustUnfit(f"trust list: {refusal.detail}") from None
        if cities.setdefault(found.payload.municipality, found) is not found:
            raise TrustUnfit("two trust lists of one city")
    if not cities:
        raise TrustUnfit("no trust list")
    voids: dict[str, VoidList] = {}
    for untrusted_list in untrusted_voids:
        made = _void_list(untrusted_list, cities)
        known = voids.get(made.payload.municipality)
        if known is None or known.payload.made_at_ms < made.payload.made_at_ms:
            voids[made.payload.municipality] = made
    return Trust(cities, voids)


def _void_list(untrusted_list: bytes, cities: dict[str, TrustList]) -> VoidList:
    for city in cities.values():
        try:
            return verify_void_list(untrusted_list, city)
        except Refused:
            continue
    raise TrustUnfit("void list: not signed by a city of the trust lists")
