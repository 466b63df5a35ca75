"""What must not be committed: download hosts in lock and build files, paths of somebody's machine, unpinned requirements."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = re.compile(r"[a-z]+://|(?<!emit-)index-url|(?<!emit-)find-links|trusted-host")
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:root|home/\w+|work)/[\w.-]+")


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not run: this is not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_lock_and_build_files_name_no_host(tracked: list[Path]) -> None:
    checked = [
        p for p in tracked if p.parent.name in {"requirements", ".ci", "tools"} or p.name in {"Makefile", "pyproject.toml"}
    ]
    assert len(checked) > 5
    assert [str(p) for p in checked if HOST.search(re.sub(r"spiffe://", "", p.read_text("utf-8")))] == []


def test_no_file_names_a_path_of_a_machine(tracked: list[Path]) -> None:
    texts = [
        p for p in tracked if p.suffix in {".py", ".md", ".toml", ".txt", ".in", ".sql", ".typ", ".html", ".css"} or not p.suffix
    ]
    own = Path(__file__).name
    found = [str(p) for p in texts if p.name != own and MACHINE_PATH.search(p.read_text("utf-8", "replace"))]
    assert found == []


@pytest.mark.parametrize("part", ["run", "test", "card", "bench"])
def test_every_requirement_is_pinned_by_hash(part: str) -> None:
    text = (ROOT / f"requirements/{part}.txt").read_text()
    pins = re.findall(r"^([a-z0-9][\w.\[\]-]*)==", text, flags=re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert pins
    assert all("--hash=sha256:" in block for block in blocks)
