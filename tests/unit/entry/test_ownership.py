"""Root gives files away in folders that their owners may have prepared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from akashi.base.config import ConfigRefused
from akashi.entry.demo.ownership import give_file, give_tree

ME = (os.getuid(), os.getgid())


def test_plain_files_and_folders_are_given(tmp_path: Path) -> None:
    (tmp_path / "own" / "inner").mkdir(parents=True)
    (tmp_path / "own" / "inner" / "a.key").write_bytes(b"a")
    give_tree(tmp_path / "own", *ME)
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700


@pytest.mark.promise("C23")
@pytest.mark.parametrize("plant", ["symlink", "symlink to a folder", "hard link", "pipe"])
def test_a_planted_link_is_refused(tmp_path: Path, plant: str) -> None:
    secret = tmp_path / "offline" / "city-root.key"
    secret.parent.mkdir()
    secret.write_bytes(b"root")
    own = tmp_path / "own"
    own.mkdir()
    planted = own / "x"
    if plant == "symlink":
        planted.symlink_to(secret)
    elif plant == "symlink to a folder":
        planted.symlink_to(secret.parent)
    elif plant == "hard link":
        planted.hardlink_to(secret)
    else:
        os.mkfifo(planted)
    if plant == "symlink to a folder":
        # Nothing behind it is reached.
        give_tree(own, *ME)
        return
    with pytest.raises(ConfigRefused, match="not given"):
        give_tree(own, *ME)
    with pytest.raises(ConfigRefused, match="not given"):
        give_file(planted, *ME)


@pytest.mark.needs("root")
def test_what_a_link_names_keeps_its_owner(tmp_path: Path) -> None:
    secret = tmp_path / "offline" / "city-root.key"
    secret.parent.mkdir()
    secret.write_bytes(b"root")
    own = tmp_path / "own"
    own.mkdir()
    (own / "folder").symlink_to(secret.parent)
    give_tree(own, 65534, 65534)
    assert (secret.stat().st_uid, secret.parent.stat().st_uid, own.stat().st_uid) == (0, 0, 65534)
