from __future__ import annotations

from sopctl.facts import quotas
from tests.local import Local


def test_both_kinds_are_asked_for(local: Local) -> None:
    found = quotas.read(local.world.aws)
    assert set(found) == {"on-demand", "spot"}
    assert min(found.values()) > 0
    assert local.sent("GetServiceQuota") == 2
