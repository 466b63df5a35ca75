"""
Each import contract is broken on purpose, once per forbidden name, and must say so by its own name.

A contract that names a module nobody ever imports protects nothing and complains of nothing; only a planted violation shows
that it works. All are planted into one copy of the tree and found in one run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Planted:
    """A line put into a module, the contract that must break, and what its report must mention."""

    contract: str
    module: str
    line: str
    mention: str


def _forbidden(contract: str, module: str, *names: str) -> list[Planted]:
    return [Planted(contract, module, f"import {name}", name) for name in names]


RELAYS = ("hq.forwarder", "center.relay", "lgwan.gateway", "dmz.transfer")
RELAY_CONTRACT = "3 blind relays cannot unseal, seal, judge, sign or store"
NO_RELAY = (
    "akashi.sealing.unseal", "akashi.sealing.seal", "akashi.rules", "akashi.ledger.sign", "akashi.documents", "akashi.card",
    "sqlite3", "dbm", "shelve", "pickle", "tempfile", "subprocess", "importlib", "ctypes",
)  # fmt: skip

PLANTED: list[Planted] = [
    Planted("1a layers", "wire.planted", "import akashi.sealing", "akashi.wire is not allowed to import akashi.sealing"),
    Planted("1a layers", "rules.planted", "import akashi.sealing", "akashi.rules"),
    Planted("1a layers", "undeclared.planted", "import akashi.base", "undeclared"),
    Planted("1b no cycles", "base.planted", "import akashi.base.ports", "akashi.base"),
    Planted("2a zones meet only on the wire", "zones.hq.planted", "import akashi.zones.dmz.transfer", "akashi.zones.dmz"),
    Planted(
        "2b servers of one zone too", "zones.issuance.issuer.planted_neighbour", "import akashi.zones.issuance.checker.service",
        "akashi.zones.issuance.checker",
    ),
    *[violation for relay in RELAYS for violation in _forbidden(RELAY_CONTRACT, f"zones.{relay}.planted", *NO_RELAY)],
    *[
        Planted("4 only the ends unseal, and validity its own part", f"{module}.planted", "import akashi.sealing.unseal", module)
        for module in ("zones.core.residents", "zones.issuance.checker", "zones.vault.recorder", "admission")
    ],
    Planted("5 only the vault signs the ledger", "zones.issuance.issuer.planted", "import akashi.ledger.sign", "issuer"),
    *_forbidden(
        "6 the outside verifier stands alone", "ledger.verify",
        "akashi.ledger.append", "akashi.ledger.sign", "akashi.zones", "akashi.base.config",
    ),
    *_forbidden(
        "7 rules are pure", "rules.planted",
        "time", "random", "secrets", "os", "pathlib", "socket", "ssl", "subprocess", "sqlite3", "aiohttp", "asyncio",
    ),
    *_forbidden("8 the checker does not trust the composer", "zones.issuance.checker.planted", "akashi.documents.compose"),
    *_forbidden("8 the checker does not trust the composer", "documents.read.planted", "akashi.documents.compose"),
    *_forbidden(
        "9 the issuer holds no reader and no signing key", "zones.issuance.issuer.planted", "akashi.documents.read", "pyhanko",
    ),
    *[
        Planted("10 the test CA and the virtual card stay out of the servers", f"{module}.planted", f"import {name}", module)
        for module in ("zones.store.kiosk", "zones.center.validity")
        for name in ("akashi.pki.testca", "akashi.card.virtual")
    ],
    *[
        Planted("12 only the checker seals paper", f"{module}.planted", "import akashi.documents.paper_seal.sign", module)
        for module in ("zones.issuance.issuer", "zones.vault.recorder", "zones.store.kiosk", "entry.verifying")
    ],
    *_forbidden(
        "13 who checks paper stands alone", "verifier.planted",
        "akashi.zones", "akashi.documents.compose", "akashi.documents.paper_seal.sign", "akashi.ledger", "socket", "ssl",
        "aiohttp", "sqlite3", "akashi.base.config",
    ),
    *_forbidden(
        "11 services touch no clock, socket, thread or event loop", "zones.center.relay.service",
        "asyncio", "threading", "ssl", "socket", "time", "aiohttp", "uvicorn",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run import-linter once over the tree with everything planted; return each broken contract's report."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for planted in PLANTED:
        path = folder / "src/akashi" / (planted.module.replace(".", "/") + ".py")
        for parent in path.relative_to(folder / "src").parents[:-1]:
            package = folder / "src" / parent / "__init__.py"
            if not package.exists():
                package.parent.mkdir(parents=True, exist_ok=True)
                package.write_text("")
        with path.open("a") as file:
            file.write(f"\n{planted.line}\n")
    # A cycle needs its way back.
    with (folder / "src/akashi/base/ports.py").open("a") as file:
        file.write("\nimport akashi.base.planted\n")
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = {"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "500"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    _, _, broken = done.stdout.partition("Broken contracts")
    names = "|".join(re.escape(name) for name in sorted({planted.contract for planted in PLANTED}, key=len, reverse=True))
    parts = re.split(rf"^({names})$", broken, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.promise("C5", "C6", "C23")
@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: f"{p.contract.split()[0]}-{p.module}-{p.line.split()[-1]}")
def test_contract_breaks_by_name(reports: dict[str, str], planted: Planted) -> None:
    report = reports.get(planted.contract)
    assert report is not None, f"contract {planted.contract!r} did not break"
    if planted.contract.startswith("1"):
        assert planted.mention in report
        return
    target = planted.line.removeprefix("import ")
    at = f"akashi.{planted.module}"
    chain = re.compile(rf"{re.escape(at)}\s*->\s*{re.escape(target)}\b")
    assert chain.search(report), f"{at} -> {target} is not in the report of {planted.contract!r}"


def test_every_contract_has_a_planted_violation() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    declared = set(re.findall(r'^name = "(\d.*)"$', text, flags=re.MULTILINE))
    assert declared == {planted.contract for planted in PLANTED}
