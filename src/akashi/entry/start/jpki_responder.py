"""Start of jpki/responder, the stand-in for the outside revocation responder."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.start import Started, World
from akashi.entry.start.watched import Watched
from akashi.pki.authority import is_issued_by, own_certificate
from akashi.pki.crl import Revocation
from akashi.pki.ocsp import Responder
from akashi.pki.pem import one_certificate, parse_key
from akashi.pki.revoked import parse_state
from akashi.wire.errors import Refused
from akashi.zones.jpki.responder.config import Config, GenerationConfig
from akashi.zones.jpki.responder.service import OcspResponder
from akashi.zones.jpki.responder.web import endpoints

SERVER = "jpki/responder"


def start(config: Config, world: World) -> Started:
    """
    Read keys, certificates and what is revoked, build the service.

    Raises:
        ConfigRefused: a file is missing or cannot be used, or key and certificates do not belong together.
    """
    try:
        responders = tuple(_responder(files) for files in config.files.generations)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: cannot be read ({error.strerror})") from None
    except Refused as refusal:
        raise ConfigRefused(f"a key or certificate of {SERVER} cannot be used ({refusal.detail})") from None
    # What is revoked now is answered from the next question on.
    revoked = Watched((Path(config.files.state),), _by_serial, Log(SERVER), look_seconds=0)
    return Started(endpoints(OcspResponder(responders, revoked, world.clock, answer_ms=config.service.answer_ms)))


def _responder(files: GenerationConfig) -> Responder:
    authority_der = one_certificate(Path(files.authority).read_bytes())
    certificate_der = one_certificate(Path(files.certificate).read_bytes())
    key = parse_key(Path(files.key).read_bytes())
    certificate = own_certificate(certificate_der)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise ConfigRefused(f"{files.key}: is not the elliptic-curve key of {files.certificate}")
    if not is_issued_by(certificate, own_certificate(authority_der)):
        raise ConfigRefused(f"{files.certificate}: was not issued by {files.authority}")
    return Responder(authority_der, certificate_der, key)


def _by_serial(untrusted_text: bytes) -> dict[bytes, dict[int, Revocation]]:
    state = parse_state(untrusted_text)
    return {key_id: {one.serial: one for one in each.revoked} for key_id, each in state.items()}
