"""One vector: one file, one outcome. The text form is described in docs/spec/vectors.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent.parent / "data"
LINE = 128
FieldValue = bytes | str | int


@dataclass(frozen=True)
class Vector:
    """
    Attributes:
        path: family and name, such as "seal/wrong-key".
        expect: "ok" or the wire code.
        kind: which operation.
        why: the one thing that this vector is about.
        fields: input, and the output where one is expected.
    """

    path: str
    expect: str
    kind: str
    why: str
    fields: Mapping[str, FieldValue]

    def text(self) -> str:
        """Return the file's content."""
        lines = [f"expect: {self.expect}", f"kind: {self.kind}", f"why: {self.why}", ""]
        for name, value in self.fields.items():
            shown = value.hex() if isinstance(value, bytes) else str(value)
            first, rest = shown[:LINE], shown[LINE:]
            lines.append(f"{name}: {first}".rstrip())
            lines += [" " + rest[at : at + LINE] for at in range(0, len(rest), LINE)]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Loaded:
    """A vector as read back. Values are text; `data` reads hex, `number` decimal."""

    path: str
    expect: str
    kind: str
    fields: Mapping[str, str]

    def data(self, name: str) -> bytes:
        return bytes.fromhex(self.fields[name])

    def number(self, name: str) -> int:
        return int(self.fields[name])


def load(file: Path) -> Loaded:
    """Return the vector in that file. It refuses what it does not understand."""
    head, _, body = file.read_text(encoding="utf-8").partition("\n\n")
    values: dict[str, str] = {}
    name = ""
    for line in (head + "\n" + body).splitlines():
        if line.startswith(" "):
            values[name] += line[1:]
            continue
        name, colon, value = line.partition(":")
        assert colon, f"{file.name}: {line[:40]!r} is not a field"
        assert name not in values, f"{file.name}: {name} twice"
        values[name] = value.strip()
    assert values.pop("why"), f"{file.name} must say why"
    path = file.relative_to(DATA).with_suffix("").as_posix()
    return Loaded(path, values.pop("expect"), values.pop("kind"), values)


def files() -> list[Path]:
    """Return every vector file."""
    return sorted(DATA.rglob("*.txt"))
