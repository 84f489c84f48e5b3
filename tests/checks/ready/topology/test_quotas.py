from __future__ import annotations

from sopctl.checks.ready.topology.quotas import CHECK, Params
from tests.checks.ready.placing import label, spot


def test_the_largest_zone_has_to_fit_once_more(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    for name in ("a0", "a1", "b0"):
        label(stage, name, **{"node.kubernetes.io/instance-type": "m5.xlarge"})
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail.startswith("20 vCPUs on demand with us-east-1a replaced, ")
    allowed = int(verdict.detail.split()[-2])
    assert CHECK.look(stage.clients, Params(others=allowed - 20)).holds
    verdict = CHECK.look(stage.clients, Params(others=allowed - 19))
    assert not verdict.holds
    row = f"on demand: 12 running, 8 more for us-east-1a, {allowed} allowed"
    assert verdict.rows == (row,)


def test_spot_is_counted_apart_and_may_have_to_be_bought_on_demand(stage):
    for name in ("a0", "b0"):
        label(stage, name, **{"node.kubernetes.io/instance-type": "m5.xlarge"})
    spot(stage, "a0")
    assert CHECK.look(stage.clients, Params()).detail.startswith("8 vCPUs on demand")
