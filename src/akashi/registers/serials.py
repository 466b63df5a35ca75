"""Serial numbers of certificates as a register stores them."""

from __future__ import annotations


def serial_octets(serial: int) -> bytes:
    """Return the serial number as a register stores it: big-endian, as short as it goes."""
    return serial.to_bytes(max(1, (serial.bit_length() + 7) // 8), "big")
