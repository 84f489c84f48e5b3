from __future__ import annotations

import pytest

from sopctl.actions.k8s.karpenter_capacity_types import ACTION, Params
from sopctl.core.action import ReceiptKind
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.pools import NOTHING, pool, requirement
from tests.actions.k8s.stage import apply, inverse, plan
from tests.fakes.workloads import node

TYPE = "karpenter.sh/capacity-type"
BOTH = requirement(TYPE, "spot", "on-demand")
STILL = {"disruption": {"budgets": NOTHING}}
NO_SPOT = Params()


def said(stage, name="general"):
    made = stage.cluster.get("nodepools.karpenter.sh", name)
    return made["spec"]["template"]["spec"]["requirements"]


@pytest.mark.parametrize(
    "before",
    [
        BOTH,
        {**BOTH, "minValues": 2},
        requirement(TYPE, "reserved", operator="NotIn"),
    ],
    ids=["both", "both of them", "one excluded"],
)
def test_the_laws_hold(karpenter, before):
    pool(karpenter, "general", requirement("kubernetes.io/arch", "arm64"), before, **STILL)
    laws.prove(ACTION, karpenter, NO_SPOT)


def test_only_on_demand_is_bought_then(karpenter):
    pool(karpenter, "general", BOTH, **STILL)
    apply(karpenter, ACTION, plan(karpenter, ACTION, NO_SPOT))
    assert said(karpenter) == [requirement(TYPE, "on-demand")]


def test_a_pool_that_buys_one_type_is_left_alone(karpenter):
    pool(karpenter, "cheap", requirement(TYPE, "spot"), **STILL)
    pool(karpenter, "dear", **STILL)
    selection = ACTION.select(karpenter.clients, NO_SPOT)
    assert selection.ids == ()
    assert selection.notes == (
        "cheap: left alone, because it buys nothing but spot; a limit pauses it.",
    )


@pytest.mark.parametrize(
    "disruption",
    [{}, {"disruption": {"budgets": [{"nodes": "10%"}]}}],
    ids=["no budgets", "open budgets"],
)
def test_nothing_is_written_while_nodes_may_be_replaced(karpenter, disruption):
    pool(karpenter, "general", BOTH, **disruption)
    sent = karpenter.mutations()
    (receipt,) = apply(karpenter, ACTION, plan(karpenter, ACTION, NO_SPOT)).values()
    assert receipt.kind is ReceiptKind.REJECTED
    assert "budgets of general allow disruption" in receipt.why
    assert karpenter.mutations() == sent


def test_nor_on_the_way_back(karpenter):
    made = pool(karpenter, "general", BOTH, **STILL)
    changes = plan(karpenter, ACTION, NO_SPOT)
    apply(karpenter, ACTION, changes)
    made = karpenter.cluster.get("nodepools.karpenter.sh", "general")
    made["spec"]["disruption"]["budgets"] = [{"nodes": "10%"}]
    karpenter.cluster.update("nodepools.karpenter.sh", made)
    (receipt,) = apply(karpenter, ACTION, inverse(karpenter, ACTION, changes)).values()
    assert receipt.kind is ReceiptKind.REJECTED
    assert said(karpenter) == [requirement(TYPE, "on-demand")]


def test_the_plan_says_what_will_drift(karpenter):
    pool(karpenter, "general", BOTH, **STILL)
    labels = {"karpenter.sh/nodepool": "general", TYPE: "spot"}
    karpenter.cluster.create("nodes", node("k1", **labels))
    karpenter.cluster.create("nodes", node("k2", **{**labels, TYPE: "on-demand"}))
    (note,) = ACTION.select(karpenter.clients, NO_SPOT).notes
    assert note.startswith("general: its 1 spot nodes drift")


def test_a_type_that_there_is_not_is_refused(karpenter):
    with pytest.raises(RefusedError, match="no capacity type 'cheap'"):
        ACTION.select(karpenter.clients, Params(without="cheap"))


def test_without_karpenter_there_is_nothing_to_do(stage):
    assert ACTION.select(stage.clients, NO_SPOT).ids == ()
