"""Start of issuance/checker."""

from __future__ import annotations

from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.base.ports import Clock
from akashi.documents.read.glyphs import known_fonts
from akashi.entry.start import Started, World
from akashi.entry.start.watched import Watched
from akashi.pki.pem import parse_key
from akashi.rules.errors import PolicyRefused
from akashi.rules.policy import CityPolicy, parse_policy
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused
from akashi.zones.issuance.checker.clients import Recorder
from akashi.zones.issuance.checker.config import Config
from akashi.zones.issuance.checker.errors import PolicyUnfit
from akashi.zones.issuance.checker.keys import CheckerKeys
from akashi.zones.issuance.checker.service import Checker, Parts
from akashi.zones.issuance.checker.signer import DocumentKey
from akashi.zones.issuance.checker.web import endpoints

SERVER = "issuance/checker"
CENTER = "center"


class DirectoryFile:
    """
    A signed directory in a file, verified against its root; never one behind the last.

    Args:
        path: the encoded `Signed`.
        root: file of the root's public key, 32 bytes.
        authority: "center" or the municipality.
        clock: for its dates.
        log: is told about a version that cannot be used.
    """

    def __init__(self, path: str, root: str, *, authority: str, clock: Clock, log: Log) -> None:
        self._authority = authority
        self._clock = clock
        self._sequence = 1
        self._file = Watched((Path(path), Path(root)), self._verify, log)

    def at(self, _now_ms: int) -> Directory:
        """Return the directory; whoever uses it has it check the moment itself."""
        return self._file()

    def _verify(self, untrusted_signed: bytes, root_public: bytes) -> Directory:
        directory = verify_directory(
            untrusted_signed,
            root_public=root_public,
            authority=self._authority,
            now_ms=self._clock.now_ms(),
            sequence_min=self._sequence,
        )
        self._sequence = directory.payload.sequence
        return directory


def start(config: Config, world: World) -> Started:
    """
    Read keys, directories and policy, build the service.

    Raises:
        ConfigRefused: a file is absent or not what it should be, the policy is another city's, or the city's directory does not
            name this server's keys.
    """
    log = Log(SERVER)
    try:
        return _start(config, world, log)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: {error.strerror}") from None
    except Refused as refusal:
        raise ConfigRefused(f"{SERVER} must not start: {refusal}; see zones/issuance/checker/config.py for its files") from None


def _start(config: Config, world: World, log: Log) -> Started:
    files, limits = config.files, config.service
    city = DirectoryFile(files.city_directory, files.city_root, authority=limits.municipality, clock=world.clock, log=log)
    center = DirectoryFile(files.center_directory, files.center_root, authority=CENTER, clock=world.clock, log=log)
    policy = Watched((Path(files.policy),), lambda content: _policy(content, limits.municipality), log)
    keys = CheckerKeys(
        SigningKey.from_bytes(Path(files.answer_key).read_bytes()),
        DocumentKey(parse_key(Path(files.document_key).read_bytes())),
    )
    known_fonts(files.fonts)  # a missing font is found now, not with the first certificate
    now_ms = world.clock.now_ms()
    keys.check_named(city.at(now_ms), now_ms)
    service = Checker(
        Parts(
            clock=world.clock,
            ids=world.ids,
            log=log,
            compute=world.compute,
            recorder=Recorder(world.link),
            keys=keys,
            city=city.at,
            center=center.at,
            policy=policy,
            fonts=files.fonts,
            limits=limits,
        )
    )
    return Started(endpoints(service))


def _policy(content: bytes, municipality: str) -> CityPolicy:
    try:
        policy = parse_policy(content.decode())
    except (PolicyRefused, UnicodeDecodeError) as error:
        raise PolicyUnfit(str(error)) from None
    if policy.municipality != municipality:
        raise PolicyUnfit("another city's")
    return policy
