"""
Nothing is read before the ledger knows: the check that every register makes of the recorder's receipt.

Source: docs/spec/protocol.md section 5.3.
"""

from __future__ import annotations

from akashi.ledger.entries import entry_hash
from akashi.registers.errors import CallRefused
from akashi.sealing.directory import Directory
from akashi.sealing.signing import Purpose
from akashi.wire import codec
from akashi.wire.errors import WireCode
from akashi.wire.messages import IntentEntry, KeyUse, ReadRecordCall, Receipt
from akashi.wire.transcript import intent_commitment


def check_intent(call: ReadRecordCall, kiosk_id: str, order_hash: bytes, *, city: Directory, now_ms: int) -> None:
    """
    Check that the recorder's receipt is for the intent of exactly this order, number and kiosk.

    Args:
        call: the intent, its salt, the receipt and the issue number as they came.
        kiosk_id: the kiosk of the grant.
        order_hash: of the order whose signature was checked.
        city: the city's verified directory: municipality and RECEIPT key.
        now_ms: the register's time.

    Raises:
        CallRefused: CONTRADICTION, another intent.
        SignatureBad: the receipt is not the recorder's.
        DirectoryStale: no RECEIPT key in date.
        Malformed: not a receipt, or not an intent.
    """
    receipt = city.verify_message(Receipt, call.receipt, use=KeyUse.RECEIPT, purpose=Purpose.RECEIPT, now_ms=now_ms)
    commitment = intent_commitment(call.intent_salt, order_hash)
    expected = IntentEntry(city.payload.authority, kiosk_id, call.issue_number, commitment)
    if codec.parse(IntentEntry, call.intent) != expected or receipt.entry_hash != entry_hash(expected):
        raise CallRefused(WireCode.CONTRADICTION, "the receipt is not for the intent of this order")
