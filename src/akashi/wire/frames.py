"""
What a relay may know of a frame: size, header, deadline. Everything else stays the bytes that came.

Source: docs/spec/protocol.md sections 3.1, 3.3, 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import CARD_JOURNEYS, PROTOCOL_VERSION, Envelope, Frame, Header

FRAME_BYTES_MAX = 64 * 1024
"""A frame holds one 8 KiB part V, one 8 KiB part I, a token and a header; nothing the protocol makes comes near this."""

BULLETIN_REQUEST_BYTES_MAX = 256

HOP_MARGIN_MS = 20
"""Taken off the deadline at each hop, so that the inner server gives up before the outer one."""

ISSUING_SERVER = "issuance/issuer"


class FrameRefused(Refused):
    """A frame that no relay passes on."""


@dataclass(frozen=True, slots=True)
class OpenFrame:
    """A frame with its readable parts parsed. `frame.envelope` stays the bytes that came."""

    frame: Frame
    envelope: Envelope
    header: Header


def parse_frame(untrusted_frame: bytes) -> OpenFrame:
    """
    Return the frame with envelope and header read.

    Raises:
        Malformed: not a frame, envelope or header.
        FrameRefused: another protocol version, or not addressed to an issuing server.
    """
    frame = codec.parse(Frame, untrusted_frame)
    envelope = codec.parse(Envelope, frame.envelope)
    header = codec.parse(Header, envelope.header)
    if header.version != PROTOCOL_VERSION:
        raise FrameRefused(WireCode.MALFORMED, "protocol version")
    if header.receiver != ISSUING_SERVER:
        raise FrameRefused(WireCode.MALFORMED, "receiver")
    if bool(envelope.validity_part) != (header.journey in CARD_JOURNEYS):
        raise FrameRefused(WireCode.MALFORMED, "part V belongs to journeys with a card and to them alone")
    return OpenFrame(frame, envelope, header)


def shorten(frame: Frame, elapsed_ms: int) -> Frame:
    """
    Return the frame with the time spent here, and the hop's margin, taken off its deadline.

    Raises:
        FrameRefused: no time is left (DEADLINE_PASSED).
    """
    left = frame.deadline_ms - elapsed_ms - HOP_MARGIN_MS
    if left <= 0:
        raise FrameRefused(WireCode.DEADLINE_PASSED)
    return msgspec.structs.replace(frame, deadline_ms=left)
