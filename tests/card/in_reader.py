"""Run beside the readers: uses our own reader and client code, and writes what happened as JSON lines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from akashi.card.client import CardClient
from akashi.card.pcsc import Readers
from akashi.wire.errors import Refused


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def code_of(action: Callable[[], object]) -> str:
    try:
        action()
    except Refused as refusal:
        return str(refusal.code)
    return "DONE"


def wait(reader: str) -> None:
    with Readers() as readers:
        readers.wait_for_card(reader, timeout_ms=15_000)


def wait_empty(reader: str) -> None:
    with Readers() as readers:
        assert readers.wait_for_removal(reader, timeout_ms=15_000)


def session(reader: str, pin: str) -> None:
    """Read, verify, sign five times; the best time shows whether a command waits for a delayed acknowledgement."""
    best_ms = 1e9
    with Readers() as readers:
        for _ in range(5):
            with readers.connect(reader) as card:
                start = time.monotonic()
                client = CardClient(card)
                certificate, tries = client.read_certificate(), client.tries_left()
                client.verify_pin(pin)
                signature = client.sign(b"transcript")
                best_ms = min(best_ms, (time.monotonic() - start) * 1000)
        with readers.connect(reader) as card:
            unsigned = code_of(lambda: CardClient(card).sign(b"transcript"))
            atr = card.atr.hex()
        names = readers.names()
    say(
        names=names,
        atr=atr,
        certificate=certificate.hex(),
        tries=tries,
        signature=signature.hex(),
        after_close=unsigned,
        ms=best_ms,
    )


def pins(reader: str, *tried: str) -> None:
    """Present PINs, one connection each, and say what became of them."""
    with Readers() as readers:
        for pin in tried:
            with readers.connect(reader) as card:
                client = CardClient(card)
                outcome = code_of(lambda: client.verify_pin(pin))  # noqa: B023 - called at once
                say(outcome=outcome, left=client.tries_left())


def removal(reader: str) -> None:
    """Have the card taken out in the middle of a session."""
    with Readers() as readers:
        with readers.connect(reader) as card:
            client = CardClient(card)
            client.select()
            say(gone=readers.wait_for_removal(reader, timeout_ms=50))
            gone = readers.wait_for_removal(reader, timeout_ms=10_000)
            command = code_of(client.tries_left)
        say(
            gone=gone,
            command=command,
            connect=code_of(lambda: readers.connect(reader)),
            look=code_of(lambda: readers.wait_for_card(reader, timeout_ms=0)),
            wait=code_of(lambda: readers.wait_for_card(reader, timeout_ms=100)),
            other=code_of(lambda: readers.connect("no such reader")),
            other_wait=code_of(lambda: readers.wait_for_card("no such reader", timeout_ms=50)),
        )


def hold(reader: str) -> None:
    """Keep the connection until a line comes in."""
    with Readers() as readers, readers.connect(reader):
        say(held=True)
        sys.stdin.readline()


_ACTIONS: dict[str, Callable[..., None]] = {
    "wait": wait,
    "wait_empty": wait_empty,
    "session": session,
    "pins": pins,
    "removal": removal,
    "hold": hold,
}

if __name__ == "__main__":
    _ACTIONS[sys.argv[1]](*sys.argv[2:])
