"""What the rules refuse."""

from __future__ import annotations

from akashi.wire.errors import Refused


class RuleRefused(Refused):
    """A rule of the city or of the protocol says no to a request; carries the wire code of that rule."""


class PolicyRefused(Exception):  # noqa: N818 - the server refuses to start
    """A city's policy that must not be used; the text says which field is wrong and what to do."""
