"""The city's policy in a file, for the two servers that go by it."""

from __future__ import annotations

from pathlib import Path

from akashi.base.log import Log
from akashi.entry.start.watched import Watched
from akashi.rules.errors import PolicyRefused
from akashi.rules.policy import CityPolicy, parse_policy
from akashi.wire.errors import Refused, WireCode


class PolicyUnfit(Refused):
    """A file that is no policy of this city."""


def policy_file(path: str | Path, municipality: str, log: Log) -> Watched[CityPolicy]:
    """
    Return the policy, read again when its file changes; while a new version cannot be used, the one before counts.

    Args:
        path: the TOML (docs/samples/city.toml explains it).
        municipality: whose policy it must be.
        log: is told about a version that cannot be used.

    Raises:
        ConfigRefused: the first version cannot be read or used.
    """

    def parse(untrusted_content: bytes) -> CityPolicy:
        try:
            policy = parse_policy(untrusted_content.decode())
        except (PolicyRefused, UnicodeDecodeError) as error:
            raise PolicyUnfit(WireCode.INTERNAL, str(error)) from None
        if policy.municipality != municipality:
            raise PolicyUnfit(WireCode.INTERNAL, f"is the policy of {policy.municipality}, not of {municipality}")
        return policy

    return Watched((Path(path),), parse, log)
