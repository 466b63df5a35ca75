"""A private PostgreSQL cluster for tests: made, started and ended here, reached by a socket in its own folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True)
class Cluster:
    """A running cluster: `url(database)` logs in as an owner who is no superuser."""

    folder: Path

    def url(self, database: str, *, user: str = "owner") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """Make an empty database and return the owner's URL."""
        with psycopg.connect(self.url("postgres", user="boss"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" OWNER owner')
        return self.url(database)

    def drop(self, database: str) -> None:
        with psycopg.connect(self.url("postgres", user="boss"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')

    def log(self) -> str:
        """Every statement so far: the server runs with log_statement = all."""
        return (self.folder / "log").read_text("utf-8")


def _programs() -> Path:
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))


def _user() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as "postgres" or "nobody"."""
    if os.geteuid() != 0:
        return None
    return next(name for name in ("postgres", "nobody") if any(entry.pw_name == name for entry in pwd.getpwall()))


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    programs, user = _programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="akashi-pg-"))
    if user is not None:
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    data = folder / "data"
    control = str(programs / "pg_ctl")
    try:
        run(str(programs / "initdb"), "-D", str(data), "-U", "boss", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c log_statement=all -c fsync=off"
        run(control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            with psycopg.connect(f"postgresql://boss@/postgres?host={folder}", autocommit=True) as connection:
                connection.execute("CREATE ROLE owner LOGIN CREATEROLE")
            yield Cluster(folder)
        finally:
            run(control, "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
