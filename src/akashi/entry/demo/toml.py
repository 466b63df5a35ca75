"""Writes the TOML that `akashi.base.config` reads: strings, whole numbers, truth values, lists, tables."""

from __future__ import annotations

import json
from collections.abc import Mapping

Value = str | int | bool | list[str] | list[dict[str, str]]
Table = Mapping[str, "Value | Table"]


def toml_text(table: Table, *, path: str = "") -> str:
    """Return the table as TOML: plain values first, tables after them."""
    lines = [
        f"{_key(key)} = {_value(value)}"
        for key, value in table.items()
        if not isinstance(value, Mapping) and not _is_tables(value)
    ]
    text = "\n".join(lines) + ("\n" if lines else "")
    for key, value in table.items():
        name = f"{path}{_key(key)}"
        if isinstance(value, Mapping):
            text += f"\n[{name}]\n{toml_text(value, path=name + '.')}"
        elif isinstance(value, list) and _is_tables(value):
            text += "".join(f"\n[[{name}]]\n{toml_text(each)}" for each in value if isinstance(each, Mapping))
    return text


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else _value(key)


def _value(value: object) -> str:
    # JSON's strings, numbers, truth values and lists of strings are TOML's, too, but for one character that TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
