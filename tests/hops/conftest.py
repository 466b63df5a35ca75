from __future__ import annotations

import time

import pytest

from akashi.pki.hop import make_hop_authority
from hops.hop import Identities


@pytest.fixture(scope="session")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Identities:
    now_ms = int(time.time() * 1000)
    return Identities(tmp_path_factory.mktemp("hops"), make_hop_authority(now_ms=now_ms), now_ms)
