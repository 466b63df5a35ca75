"""Loading by name, in one place: which command or server is asked for is a program's argument, checked against a closed table."""

from __future__ import annotations

from importlib import import_module  # noqa: TID251 - the one place; the names come from closed tables
from typing import Any


def load(module: str, name: str) -> Any:
    """Return `name` of a module of ours. KeyError-free: an unknown module or name is a bug and raises as such."""
    if not module.startswith("akashi."):
        raise ImportError(module)
    return getattr(import_module(module), name)
