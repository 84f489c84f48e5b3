from __future__ import annotations

import pytest

from sopctl.actions.k8s.karpenter_budgets import ACTION, Params
from tests import laws
from tests.actions.k8s.pools import pool

STILL = Params()
WEEKDAYS = {"nodes": "0", "schedule": "0 9 * * mon-fri", "duration": "8h"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"disruption": {"consolidateAfter": "30s"}},
        {"disruption": {"budgets": [{"nodes": "10%"}, WEEKDAYS]}},
        {"disruption": {"budgets": [{"nodes": "0", "reasons": ["Drifted"]}]}},
    ],
    ids=["no disruption", "no budgets", "two budgets", "for one reason"],
)
def test_budgets_keep_the_laws(karpenter, more):
    pool(karpenter, "general", **more)
    laws.prove(ACTION, karpenter, STILL)
