"""What a person can get, kind by kind, as the command line tells it."""

from __future__ import annotations

import json

import click

from akashi.base.locale import say
from akashi.wire.messages import EligibilityAnswer, KindOffer
from akashi.zones.store.kiosk.forms import members_of


def tell_offers(answer: EligibilityAnswer, *, as_json: bool) -> None:
    """Write every kind with fee, choices, year and members, or with the reason why it cannot be had."""
    if as_json:
        click.echo(json.dumps({"offers": [_facts(offer) for offer in answer.offers]}, ensure_ascii=False))
        return
    for offer in answer.offers:
        name = f"{say('certificates', offer.kind.value, 'ja')} ({offer.kind.value})"
        if offer.refusal is not None:
            click.echo(f"- {name}: {offer.refusal}: {say('codes', offer.refusal.value, 'ja')}")
            continue
        year = f", {offer.year}年度" if offer.year else ""
        choices = ", ".join(choice.value for choice in offer.choices) or "-"
        members = ", ".join(f"{one.member_ref} {one.name}" for one in members_of(offer.kind, answer)) or "-"
        click.echo(f"+ {name}: {offer.fee_yen} yen{year}; --with {choices}; --members {members}")


def _facts(offer: KindOffer) -> dict[str, object]:
    return {
        "kind": offer.kind.value,
        "fee_yen": offer.fee_yen,
        "choices": [choice.value for choice in offer.choices],
        "refusal": offer.refusal.value if offer.refusal else None,
        "year": offer.year,
        "as_of_ms": offer.as_of_ms,
    }
