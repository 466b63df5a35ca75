"""Files that starts read again: a better version is taken, a worse one is not, and nothing falls over."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.commands.up import SAMPLE_POLICY
from akashi.entry.start.directories import CENTER, DirectoryFile
from akashi.entry.start.policies import policy_file
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory

NOW_MS = 1_795_000_000_000


class StillClock:
    def now_ms(self) -> int:
        return NOW_MS

    def monotonic_ms(self) -> int:
        return 0

    async def sleep_ms(self, duration_ms: int) -> None:
        raise AssertionError(duration_ms)


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return make_deployment(municipality="139998", city_name="東京都証野市", kiosk_ids=(), now_ms=NOW_MS)


def _replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.rename(path)


def test_a_directory_is_followed_forward_only(deployment: Deployment, tmp_path: Path) -> None:
    path, root = tmp_path / "center.directory", tmp_path / "root"
    root.write_bytes(deployment.center.root.public_bytes)
    signed = {n: sign_center_directory(deployment.center, sequence=n, now_ms=NOW_MS) for n in (1, 2, 3)}
    path.write_bytes(signed[2])
    log = StringIO()
    file = DirectoryFile(path, root, authority=CENTER, clock=StillClock(), log=Log("core/residents", log))
    assert (file.at(NOW_MS).payload.sequence, file.signed()) == (2, signed[2])
    for worse in (signed[1], b"spoiled", signed[2][:-1] + b"x", b""):
        _replace(path, worse)
        assert file.at(NOW_MS).payload.sequence == 2
    assert log.getvalue().count("file_unusable") == 4
    _replace(path, signed[3])
    assert (file.at(NOW_MS).payload.sequence, file.signed()) == (3, signed[3])
    path.unlink()
    assert file.at(NOW_MS).payload.sequence == 3


def test_no_directory_no_start(deployment: Deployment, tmp_path: Path) -> None:
    path, root = tmp_path / "center.directory", tmp_path / "root"
    root.write_bytes(deployment.city.root.public_bytes)
    log = Log("core/residents", StringIO())
    with pytest.raises(ConfigRefused):
        DirectoryFile(path, root, authority=CENTER, clock=StillClock(), log=log)
    path.write_bytes(sign_center_directory(deployment.center, sequence=1, now_ms=NOW_MS))
    with pytest.raises(ConfigRefused):
        DirectoryFile(path, root, authority=CENTER, clock=StillClock(), log=log)


def test_a_policy_is_followed_and_another_citys_is_not(tmp_path: Path) -> None:
    path = tmp_path / "city.toml"
    text = SAMPLE_POLICY.read_text("utf-8")
    path.write_text(text)
    log = StringIO()
    policy = policy_file(path, "139998", Log("issuance/issuer", log))
    assert policy().certificates_max == 10
    _replace(path, text.replace("certificates_max = 10", "certificates_max = 5").encode())
    assert policy().certificates_max == 5
    for worse in (text.replace('"139998"', '"131016"').encode(), b"\xff", b"[[["):
        _replace(path, worse)
        assert policy().certificates_max == 5
    assert log.getvalue().count("file_unusable") == 3
    with pytest.raises(ConfigRefused, match="139998"):
        policy_file(SAMPLE_POLICY, "131016", Log("issuance/issuer", log))
