"""What the machine can do decides what is run; what it cannot do is reported as not run, never silently passed."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import akashi
from akashi.base.city_font import city_font_files
from akashi.entry.demo.users import own_users_possible
from akashi.entry.start import watched
from running_route import RunningRoute, running_route

# A push draws the same examples every time, so that it fails for what it changed and for nothing else; nights draw new ones.
settings.register_profile("push", derandomize=True)
settings.register_profile("nightly", print_blob=True)
settings.load_profile("push")


@pytest.fixture(autouse=True)
def _look_at_files_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers in a test's own process see a changed file at once; how long a look counts has a test of its own."""
    monkeypatch.setattr(watched, "LOOK_SECONDS", 0.0)


def _has(*programs: str) -> bool:
    return all(shutil.which(program) for program in programs)


def _has_fonts() -> bool:
    return all(Path(font).is_file() for font in city_font_files())


def _has_postgresql() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _has_own_users() -> bool:
    return not own_users_possible(Path(akashi.__file__).parent, Path(sys.prefix), Path(sys.base_prefix))


NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "root": (lambda: os.geteuid() == 0, "root, for operating-system users and name spaces"),
    "own users": (
        _has_own_users,
        "users of its own for each server: root, and a checkout that others can pass into (/srv, not /root)",
    ),
    "opensc": (
        lambda: _has("pcscd", "opensc-tool", "pkcs11-tool", "unshare") and importlib.util.find_spec("smartcard") is not None,
        "pcscd, opensc, vsmartcard-vpcd and pyscard",
    ),
    "postgresql": (_has_postgresql, "PostgreSQL's server programs"),
    "tshark": (lambda: _has("tshark", "dumpcap"), "tshark"),
    "poppler": (lambda: _has("pdftotext", "pdfsig"), "poppler-utils"),
    "zstd": (lambda: _has("zstd"), "zstd"),
    "qpdf": (lambda: _has("qpdf"), "qpdf"),
    "chromium": (lambda: _has("chromium"), "chromium"),
    "zbar": (lambda: ctypes.util.find_library("zbar") is not None, "libzbar0"),
    "fonts": (_has_fonts, "fonts-ipamj-mincho"),
}

_NOT_RUN = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_NOT_RUN] = []


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    able = {need: probe() for need, (probe, _) in NEEDS.items()}
    for item in items:
        if "route" in getattr(item, "fixturenames", ()):
            # All tests on the running servers go to one worker, so that the servers are started once.
            item.add_marker(pytest.mark.xdist_group("route"))
            item.add_marker(pytest.mark.needs("fonts"))
        for mark in item.iter_markers("needs"):
            unknown = set(mark.args) - set(NEEDS)
            if unknown:
                raise pytest.UsageError(f"{item.nodeid}: needs() does not know {sorted(unknown)}")
            lacking = [need for need in mark.args if not able[need]]
            if lacking:
                wanted = "; ".join(NEEDS[need][1] for need in lacking)
                item.add_marker(pytest.mark.skip(reason=f"not run: this machine has no {wanted}"))
                config.stash[_NOT_RUN].append(item.nodeid)


@pytest.fixture(scope="session")
def route() -> Iterator[RunningRoute]:
    """All servers of a small made-up city, really running, with TLS key logs for the evidence's controls."""
    with running_route() as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("NOT RUN on this machine")
        for report in skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            terminalreporter.line(f"{report.nodeid}: {reason}")
