"""Start of center/validity."""

from __future__ import annotations

from pathlib import Path

from akashi.admission import parse_card_trust
from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.start import Started, World
from akashi.entry.start.watched import Watched
from akashi.pki.crl import RevocationList, parse_crl
from akashi.pki.errors import RevocationUnknown
from akashi.pki.pem import pem_blocks
from akashi.sealing.keys import SIGN_BYTES, SealPrivateKey, SigningKey
from akashi.wire import codec
from akashi.wire.errors import Refused
from akashi.wire.messages import Signed
from akashi.zones.center.validity.beacon import Beacons
from akashi.zones.center.validity.clients import Responder
from akashi.zones.center.validity.config import Config, RevocationPolicy
from akashi.zones.center.validity.revocation import ByList, ByOcsp, FirstThatKnows, Revocation
from akashi.zones.center.validity.service import Keys, Published, Validity
from akashi.zones.center.validity.web import endpoints

SERVER = "center/validity"


def start(config: Config, world: World) -> Started:
    """
    Read the keys, the table of cards and the directory, build the service.

    Raises:
        ConfigRefused: a file is missing or cannot be used.
    """
    log = Log(SERVER)
    files, limits = config.files, config.service
    try:
        keys = Keys(
            tuple(SealPrivateKey.from_bytes(Path(path).read_bytes()) for path in files.seal_keys),
            SigningKey.from_bytes(Path(files.token_key).read_bytes()),
        )
        beacons = Beacons(
            SigningKey.from_bytes(Path(files.beacon_key).read_bytes()),
            tuple(_public(Path(path)) for path in files.beacon_previous),
            world.clock,
            world.ids,
            renew_ms=limits.beacon_renew_ms,
            age_ms_max=limits.beacon_age_ms_max,
        )
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: cannot be read ({error.strerror})") from None
    except Refused as refusal:
        raise ConfigRefused(f"a key file of {SERVER} cannot be used ({refusal.detail})") from None
    published = Published(
        center_directory=Watched((Path(files.center_directory),), _signed, log),
        cards=Watched((Path(files.card_table), Path(files.card_authorities)), parse_card_trust, log),
    )
    revocation = _revocation(config, world, log)
    service = Validity(keys, beacons, revocation, published=published, clock=world.clock, token_ms=limits.token_ms)
    return Started(endpoints(service))


def _revocation(config: Config, world: World, log: Log) -> Revocation:
    limits, files = config.service, config.files
    by_ocsp = ByOcsp(Responder(world.link), world.clock, world.ids, deadline_ms=limits.ocsp_deadline_ms)
    if limits.revocation is RevocationPolicy.OCSP:
        return by_ocsp
    if not files.revocation_lists:
        raise ConfigRefused(f'files.revocation_lists: needed where service.revocation is "{limits.revocation}"')

    def parse(untrusted_lists: bytes, table: bytes, authorities: bytes) -> tuple[RevocationList, ...]:
        return parse_lists(untrusted_lists, authorities=parse_card_trust(table, authorities).authorities, log=log)

    # The authorities' files, too: when a new generation is accepted, its list, refused until then, is looked at again.
    paths = (Path(files.revocation_lists), Path(files.card_table), Path(files.card_authorities))
    by_list = ByList(Watched(paths, parse, log), world.clock)
    return by_list if limits.revocation is RevocationPolicy.CRL else FirstThatKnows(by_ocsp, by_list, log)


def parse_lists(untrusted_text: bytes, *, authorities: tuple[bytes, ...], log: Log) -> tuple[RevocationList, ...]:
    """
    Return the lists of a PEM file that verify; one bad list must not take the others with it, and its cards are then unknown.

    Args:
        untrusted_text: PEM with any number of "X509 CRL" blocks.
        authorities: certificates (DER) of the accepted authorities.
        log: is told how many do not verify.

    Raises:
        MaterialBad: a block is not base 64.
    """
    found, refused = [], 0
    for der in pem_blocks(untrusted_text, "X509 CRL"):
        try:
            found.append(parse_crl(der, authorities=authorities))
        except RevocationUnknown:
            refused += 1
    if refused:
        log.event("revocation_lists_refused", count=refused)
    return tuple(found)


def _public(path: Path) -> bytes:
    public = path.read_bytes()
    if len(public) != SIGN_BYTES:
        raise ConfigRefused(f"{path}: a public BEACON key is {SIGN_BYTES} bytes")
    return public


def _signed(untrusted_directory: bytes) -> bytes:
    """Return the bytes if they are a `Signed`: whoever uses the directory checks the root's signature, not this server."""
    codec.parse(Signed, untrusted_directory)
    return untrusted_directory
