from __future__ import annotations

import pytest

from sopctl.actions.k8s.karpenter_zones import ACTION, Params
from sopctl.core.action import ReceiptKind
from tests import laws
from tests.actions.k8s.pools import NOTHING, ZONE, pool, requirement
from tests.actions.k8s.stage import plan, send

AWAY = Params(zone="us-east-1a")
STILL = {"disruption": {"budgets": NOTHING}}
HERE, THERE = requirement(ZONE, "us-east-1a"), requirement(ZONE, "us-east-1a", "us-east-1b")


@pytest.mark.parametrize("given", [[], [THERE], [{**THERE, "minValues": 2}]])
def test_the_laws_hold(karpenter, given):
    pool(karpenter, "general", *given, **STILL)
    laws.prove(ACTION, karpenter, AWAY)


def test_a_pool_of_the_zone_alone_is_left(karpenter):
    pool(karpenter, "general", HERE, **STILL)
    selection = ACTION.select(karpenter.clients, AWAY)
    assert selection.ids == ()
    assert "it has no zone but us-east-1a" in selection.notes[0]


def test_nothing_is_written_while_nodes_may_be_replaced(karpenter):
    pool(karpenter, "general", THERE)
    sent = karpenter.mutations()
    (receipt,) = send(karpenter, ACTION, *plan(karpenter, ACTION, AWAY)).values()
    assert receipt.kind is ReceiptKind.REJECTED
    assert karpenter.mutations() == sent
