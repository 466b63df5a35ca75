"""
Write the test vectors. Run from the repository root: `python tests/vectors/make_vectors.py`.

Nothing here imports Akashi: what the vectors say comes from docs/spec/protocol.md alone, through code written a second time.
Every run gives the same bytes; a test compares them with the files in `data/`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from vectors.independent.vector import DATA, Vector, files
from vectors.makers import directories, hashes, messages, seals, signatures


def make() -> Iterator[Vector]:
    """Yield every vector, each path once."""
    seen = set()
    for family in (hashes, seals, signatures, directories, messages):
        for vector in family.make():
            assert vector.path not in seen, f"{vector.path} twice"
            seen.add(vector.path)
            yield vector


def write() -> int:
    """Write the files, remove those that are no longer made, and return how many there are."""
    made = {DATA / f"{vector.path}.txt": vector.text() for vector in make()}
    for gone in set(files()) - set(made):
        gone.unlink()
    for file, text in made.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return len(made)


if __name__ == "__main__":
    print(write(), "vectors")  # noqa: T201 - a command's output
