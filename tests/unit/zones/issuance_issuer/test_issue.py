"""Orders: what is issued, what is refused and with which code, and what a number becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from akashi.wire.messages import CertificateAnswer
from unit.zones.issuance_issuer.stage import Stage
from unit.zones.issuance_issuer.visitor import Visitor


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_certificate_comes(stage: Stage) -> None:
    visitor = Visitor(stage)
    visitor.open_grant()
    answer = visitor.issue()
    assert isinstance(answer, CertificateAnswer)
