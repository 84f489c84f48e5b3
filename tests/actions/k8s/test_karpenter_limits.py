from __future__ import annotations

from sopctl.actions.k8s import karpenter_budgets
from sopctl.actions.k8s.karpenter_limits import ACTION, Params
from tests.actions.k8s.pools import pool, requirement
from tests.actions.k8s.stage import apply, plan

SPOT = Params()
BUDGETS, STILL = karpenter_budgets.ACTION, karpenter_budgets.Params()


def test_other_limits_stay(karpenter):
    pool(
        karpenter,
        "cheap",
        requirement("karpenter.sh/capacity-type", "on-demand", operator="NotIn"),
        limits={"cpu": "100", "memory": "1Ti"},
    )
    apply(karpenter, ACTION, plan(karpenter, ACTION, Params(spot=False)))
    spec = karpenter.cluster.get("nodepools.karpenter.sh", "cheap")["spec"]
    assert spec["limits"] == {"cpu": "0", "memory": "1Ti"}
