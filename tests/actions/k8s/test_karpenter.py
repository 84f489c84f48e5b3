"""The three actions on NodePools: what each writes, and the trap between them."""

from __future__ import annotations

import pytest

from sopctl.actions.k8s import karpenter_budgets, karpenter_limits, karpenter_zones, nodepools
from sopctl.core.action import ReceiptKind
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.stage import apply, inverse, look, plan, send
from tests.fakes.crds import crd

BUDGETS, LIMITS, ZONES = karpenter_budgets.ACTION, karpenter_limits.ACTION, karpenter_zones.ACTION
STILL, SPOT = karpenter_budgets.Params(), karpenter_limits.Params()
AWAY = karpenter_zones.Params(zone="us-east-1a")
ZONE = "topology.kubernetes.io/zone"


def requirement(key, *values, operator="In"):
    return {"key": key, "operator": operator, "values": list(values)}


def pool(stage, name="general", *requirements, **spec):
    template = {"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass"}}}
    template["spec"]["requirements"] = list(requirements)
    body = {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {"template": template, **spec},
    }
    return stage.cluster.create("nodepools.karpenter.sh", body)


@pytest.fixture
def karpenter(stage):
    definition = crd("karpenter.sh", "v1", "NodePool", "nodepools", namespaced=False)
    stage.cluster.create("customresourcedefinitions", definition)
    return stage


def spec(stage, name="general"):
    return stage.cluster.get("nodepools.karpenter.sh", name)["spec"]


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
    laws.prove(BUDGETS, karpenter, STILL)


def test_budgets_that_allow_nothing_already_are_left_as_they_are(karpenter):
    written = [{"nodes": "0%"}, {"nodes": "20%"}]
    pool(karpenter, "general", disruption={"budgets": written})
    assert plan(karpenter, BUDGETS, STILL) == []
    assert nodepools.frozen(written)
    assert not nodepools.frozen([WEEKDAYS])


@pytest.mark.parametrize("more", [{}, {"limits": {"cpu": "100", "memory": "1Ti"}}])
def test_limits_keep_the_laws_for_pools_that_buy_spot_only(karpenter, more):
    pool(karpenter, "cheap", requirement("karpenter.sh/capacity-type", "spot"), **more)
    laws.prove(LIMITS, karpenter, SPOT)


def test_a_pool_that_buys_both_is_left_alone_and_said(karpenter):
    pool(karpenter, "both", requirement("karpenter.sh/capacity-type", "spot", "on-demand"))
    pool(karpenter, "plain")
    selection = LIMITS.select(karpenter.clients, SPOT)
    assert selection.ids == ()
    assert selection.population == 2
    (note,) = selection.notes
    assert note.startswith("both: left alone, because it buys on demand too")
    every = LIMITS.select(karpenter.clients, karpenter_limits.Params(spot=False))
    assert [each.name for each in every.ids] == ["both", "plain"]


def test_other_limits_stay(karpenter):
    pool(
        karpenter,
        "cheap",
        requirement("karpenter.sh/capacity-type", "on-demand", operator="NotIn"),
        limits={"cpu": "100", "memory": "1Ti"},
    )
    apply(karpenter, LIMITS, plan(karpenter, LIMITS, karpenter_limits.Params(spot=False)))
    assert spec(karpenter, "cheap")["limits"] == {"cpu": "0", "memory": "1Ti"}


NOTHING = [{"nodes": "0"}]


@pytest.mark.parametrize(
    "given",
    [
        (),
        (requirement(ZONE, "us-east-1a", "us-east-1b"),),
        (requirement(ZONE, "us-east-1c", operator="NotIn"),),
    ],
    ids=["open", "named", "excluded"],
)
def test_zones_keep_the_laws_while_nothing_may_be_disrupted(karpenter, given):
    pool(karpenter, "general", *given, disruption={"budgets": NOTHING})
    laws.prove(ZONES, karpenter, AWAY)


def test_a_pool_whose_nodes_would_be_replaced_is_not_written(karpenter):
    pool(karpenter, "general")
    mutations = karpenter.mutations()
    (receipt,) = send(karpenter, ZONES, *plan(karpenter, ZONES, AWAY)).values()
    assert receipt.kind is ReceiptKind.REJECTED
    assert "its nodes would be replaced" in receipt.why
    assert karpenter.mutations() == mutations


def test_the_way_back_is_held_to_the_same(karpenter):
    pool(karpenter, "general", disruption={"budgets": NOTHING})
    changes = plan(karpenter, ZONES, AWAY)
    send(karpenter, ZONES, *changes)
    freed = {"spec": {"disruption": {"budgets": [{"nodes": "10%"}]}}}
    karpenter.cluster.patch("nodepools.karpenter.sh", "general", freed)
    seen = karpenter_zones.observe(karpenter.clients, AWAY, [e.resource for e in changes])
    back = [type(e)(e.resource, seen[e.resource], e.before.state) for e in changes]
    receipts = send(karpenter, ZONES, *back)
    assert {each.kind for each in receipts.values()} == {ReceiptKind.REJECTED}


def test_a_pool_of_the_zone_alone_is_left_alone(karpenter):
    pool(karpenter, "zonal", requirement(ZONE, "us-east-1a"))
    selection = ZONES.select(karpenter.clients, AWAY)
    assert selection.ids == ()
    assert selection.notes == ("zonal: left alone, because it has no zone but us-east-1a.",)


def test_pools_of_auto_mode_are_its_own(karpenter):
    made = pool(karpenter, "general-purpose")
    owned = {"group": "eks.amazonaws.com", "kind": "NodeClass"}
    made["spec"]["template"]["spec"]["nodeClassRef"] = owned
    karpenter.cluster.update("nodepools.karpenter.sh", made)
    selection = BUDGETS.select(karpenter.clients, STILL)
    assert selection.ids == ()
    assert selection.notes == ("general-purpose: left alone, because EKS Auto Mode owns it.",)


def test_without_karpenter_there_is_nothing_to_do(stage):
    assert BUDGETS.select(stage.clients, STILL).ids == ()


def test_a_name_that_there_is_not_is_refused(karpenter):
    pool(karpenter, "general")
    with pytest.raises(RefusedError, match="no NodePool nobody"):
        BUDGETS.select(karpenter.clients, karpenter_budgets.Params(nodepools=("nobody",)))


def test_a_deleted_pool_is_gone(karpenter):
    pool(karpenter, "general")
    changes = plan(karpenter, BUDGETS, STILL)
    karpenter.cluster.delete("nodepools.karpenter.sh", "general")
    assert look(karpenter, BUDGETS, *changes) == {}


def test_all_three_there_and_back_leave_nothing(karpenter):
    spot = requirement("karpenter.sh/capacity-type", "spot")
    pool(karpenter, "cheap", spot)
    dump = karpenter.dump()
    still = plan(karpenter, BUDGETS, STILL)
    apply(karpenter, BUDGETS, still)
    away = plan(karpenter, LIMITS, SPOT)
    apply(karpenter, LIMITS, away)
    apply(karpenter, LIMITS, inverse(karpenter, LIMITS, away))
    apply(karpenter, BUDGETS, inverse(karpenter, BUDGETS, still))
    assert karpenter.dump() == dump
