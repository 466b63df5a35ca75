"""What `akashi issue` was asked for, checked before any card or server is touched, and how it tells a no."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from akashi.base.config import ConfigRefused
from akashi.base.locale import texts
from akashi.card.errors import PinWrong, ReaderUnavailable
from akashi.card.pcsc import Readers
from akashi.entry.demo.layout import Layout
from akashi.wire.certificates import Choice
from akashi.wire.errors import FACTS, Refused, WireCode


def choose_card(layout: Layout, *, person: str | None, card: str | None, reader: str) -> str:
    """
    Return the file of the card image, or "" where a reader was named, which is then there.

    Raises:
        click.UsageError: not exactly one of the three, or nobody has that label.
        ConfigRefused: no city is in the folder.
        ReaderUnavailable: pyscard or the PC/SC service is missing, or no reader has that name.
    """
    if sum(bool(one) for one in (person, card, reader)) != 1:
        raise click.UsageError(
            "--person、--card、--reader のどれか一つを指定してください / give exactly one of --person, --card, --reader"
        )
    if reader:
        _find_reader(reader)
        return ""
    if card:
        return card
    if not layout.cards.is_dir():
        raise ConfigRefused(f"{layout.root}: ここに市はありません / no city is here: akashi up --data {layout.root}")
    image = layout.card(str(person))
    if image.parent != layout.cards or not image.is_file():
        raise click.UsageError(
            f"{person!r} という名札のカードはありません / nobody has that label: {layout.city / 'people.json'}"
        )
    return str(image)


def choose_kiosk(layout: Layout, kiosk_id: str) -> Path:
    """
    Return the kiosk's TOML.

    Raises:
        ConfigRefused: no city is in the folder.
        click.UsageError: the city has no such kiosk.
    """
    config = layout.kiosk_config(kiosk_id)
    if not (layout.root / "kiosks").is_dir():
        raise ConfigRefused(f"{layout.root}: ここに市はありません / no city is here: akashi up --data {layout.root}")
    if config.parent.parent != layout.root / "kiosks" or not config.is_file():
        known = ", ".join(sorted(folder.name for folder in (layout.root / "kiosks").iterdir()))
        raise click.UsageError(f"{kiosk_id!r} というキオスクはありません / no such kiosk: {known}")
    return config


def check_out(out: Path | None) -> None:
    """
    Check that the file can be written, as far as that can be known before it is made.

    Raises:
        click.UsageError: no file was named, its folder is missing or closed.
    """
    if out is None:
        raise click.UsageError("--out でファイルを指定してください（見るだけなら --list） / where to? give --out, or --list")
    if not out.parent.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise click.UsageError(f"{out}: ここには書けません / cannot be written there")


def parse_choices(text: str) -> tuple[Choice, ...]:
    """Return the optional items that the text names. Raises click.UsageError for any other."""
    try:
        named = {Choice(name.strip()) for name in text.split(",") if name.strip()}
    except ValueError:
        names = ", ".join(choice.value for choice in Choice)
        raise click.UsageError(f"--with に使えるもの / --with takes: {names}") from None
    return tuple(choice for choice in Choice if choice in named)


def parse_members(text: str) -> tuple[int, ...]:
    """Return the numbers that the text names, none for "all". Raises click.UsageError for anything else."""
    names = [name.strip() for name in text.split(",")]
    if names == ["all"]:
        return ()
    if not all(name.isascii() and name.isdigit() and len(name) <= len("999") for name in names):
        raise click.UsageError("--members は 0,2 のような番号か all です / --members takes numbers, such as 0,2, or all")
    return tuple(sorted({int(name) for name in names}))


def tell_refusal(refusal: Refused, layout: Layout, *, as_json: bool) -> None:
    """Say why there is no certificate, and who can act: in Japanese, then in English; or both for programs."""
    tries = refusal.tries_left if isinstance(refusal, PinWrong) else None
    if as_json:
        click.echo(json.dumps({"refused": refusal.code.value, "tries_left": tries}))
        return
    for language in ("ja", "en"):
        click.echo(f"{refusal.code}: {texts('codes', language)[refusal.code]}", err=True)
    facts = FACTS[refusal.code]
    japanese, english = (texts("kiosk", language)[f"who_{facts.acts.value}"] for language in ("ja", "en"))
    helps = (
        ("もう一度試すと通ることがあります", "may help") if facts.retry_helps else ("もう一度試しても同じです", "does not help")
    )
    click.echo(f"対応できる人: {japanese}。{helps[0]} / who can act: {english}; trying again {helps[1]}", err=True)
    if isinstance(refusal, ReaderUnavailable):
        click.echo(refusal.detail, err=True)
    if refusal.code is WireCode.RELAY_DOWN and not layout.state.exists():
        click.echo(f"この市は動いていません / this city is not up: akashi up --data {layout.root}", err=True)
    if tries is not None:
        click.echo(f"あと {tries} 回 / tries left: {tries}", err=True)


def _find_reader(reader: str) -> None:
    with Readers() as found:
        names = found.names()
    if reader not in names:
        known = ", ".join(names) or "-"
        raise ReaderUnavailable(f"{reader!r} というカードリーダーはありません / no reader of that name: {known}")
