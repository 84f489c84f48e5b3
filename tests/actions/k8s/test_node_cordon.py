from __future__ import annotations

import pytest

from sopctl.actions.k8s.node_cordon import ACTION, EXCLUDE, Field, Params
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT
from tests import laws
from tests.actions.k8s.stage import apply, inverse, look, plan, send

ZONE = Params(zone="us-east-1a")
BOTH = Params(zone="us-east-1a", exclude_from_load_balancers=True)


def test_it_keeps_the_laws(stage):
    proof = laws.prove(ACTION, stage, ZONE)
    assert sorted(each.name for each in proof.receipts) == ["a0", "a1"]


def test_both_parts_of_a_node_go_and_come_back(stage):
    original = stage.dump()
    changes = plan(stage, ACTION, BOTH)
    assert len(changes) == 4
    apply(stage, ACTION, changes)
    assert plan(stage, ACTION, BOTH) == []
    apply(stage, ACTION, inverse(stage, ACTION, changes))
    assert stage.dump() == original


def test_only_nodes_of_the_zone_are_cordoned(stage):
    apply(stage, ACTION, plan(stage, ACTION, ZONE))
    nodes = stage.cluster.list("nodes")
    cordoned = [each for each in nodes if each["spec"].get("unschedulable")]
    assert [each["metadata"]["name"] for each in cordoned] == ["a0", "a1"]


def test_a_zone_may_be_given_by_its_id_if_nodes_say_it(stage):
    for name in ("b0", "b1"):
        patch = {"metadata": {"labels": {"topology.k8s.aws/zone-id": "use1-az2"}}}
        stage.cluster.patch("nodes", name, patch)
    changes = plan(stage, ACTION, Params(zone="use1-az2"))
    assert {each.resource.name for each in changes} == {"b0", "b1"}


def test_a_node_somebody_else_cordoned_is_not_ours_to_change(stage):
    stage.cluster.patch("nodes", "a0", {"spec": {"unschedulable": True}})
    assert [each.resource.name for each in plan(stage, ACTION, ZONE)] == ["a1"]


def test_a_label_that_is_there_already_is_kept_whatever_its_value(stage):
    labels = {"metadata": {"labels": {EXCLUDE: "aws-node-termination-handler"}}}
    stage.cluster.patch("nodes", "a0", labels)
    labelled = {c.resource.name for c in plan(stage, ACTION, BOTH) if EXCLUDE in c.resource.part}
    assert labelled == {"a1"}


def test_nodes_leave_the_load_balancers_before_they_are_cordoned(stage):
    first, second = ACTION.order(plan(stage, ACTION, BOTH))
    assert {each.resource.part for each in first} == {f"metadata.labels.{EXCLUDE}"}
    assert {each.resource.part for each in second} == {"spec.unschedulable"}


def test_on_the_way_back_nodes_are_schedulable_before_they_take_traffic(stage):
    changes = plan(stage, ACTION, BOTH)
    apply(stage, ACTION, changes)
    first, _ = ACTION.order(inverse(stage, ACTION, changes))
    assert {each.resource.part for each in first} == {"spec.unschedulable"}


def test_a_node_that_changed_since_it_was_seen_is_a_conflict(stage):
    change = plan(stage, ACTION, ZONE)[0]
    stage.cluster.patch("nodes", change.resource.name, {"metadata": {"labels": {"team": "x"}}})
    (receipt,) = send(stage, ACTION, change).values()
    assert receipt.kind is ReceiptKind.CONFLICT
    assert "unschedulable" not in stage.cluster.get("nodes", change.resource.name)["spec"]


def test_a_call_still_on_its_way_cannot_land_after_the_node_was_touched(stage):
    change = plan(stage, ACTION, ZONE)[0]
    before = stage.dump()
    ACTION.touch(laws.call(), stage.clients, [change.resource])
    assert stage.dump() == before
    (receipt,) = send(stage, ACTION, change).values()
    assert receipt.kind is ReceiptKind.CONFLICT


def test_a_node_of_the_same_name_but_another_uid_is_gone(stage):
    change = plan(stage, ACTION, ZONE)[0]
    node = stage.cluster.get("nodes", change.resource.name)
    stage.cluster.delete("nodes", change.resource.name)
    fresh = {"metadata": {"name": change.resource.name, "labels": node["metadata"]["labels"]}}
    stage.cluster.create("nodes", fresh)
    assert change.resource not in look(stage, ACTION, change)
    (receipt,) = send(stage, ACTION, change).values()
    assert receipt.kind is ReceiptKind.CONFLICT


def test_a_node_that_is_about_to_be_removed_is_not_uncordoned(stage):
    (change, *_) = changes = plan(stage, ACTION, ZONE)
    apply(stage, ACTION, changes)
    taint = {"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule", "value": "1"}
    node = stage.cluster.get("nodes", change.resource.name)
    taints = [*(node["spec"].get("taints") or []), taint]
    stage.cluster.patch("nodes", change.resource.name, {"spec": {"taints": taints}})
    seen = look(stage, ACTION, change)[change.resource]
    assert seen.state == Field(value=True)
    restore = Change(change.resource, seen, ABSENT)
    (receipt,) = send(stage, ACTION, restore).values()
    assert (receipt.kind, receipt.after) == (ReceiptKind.NOT_YET, 5.0)
    assert "ToBeDeletedByClusterAutoscaler" in receipt.why
    assert look(stage, ACTION, change)[change.resource].state == Field(value=True)


def test_nodes_are_meant_by_name_by_group_or_by_zone_and_all_that_is_given_holds(stage):
    def names(**given):
        return [i.name for i in ACTION.select(stage.clients, Params(**given)).ids]

    stage.cluster.patch("nodes", "b0", {"metadata": {"labels": {"karpenter.sh/nodepool": "web"}}})
    stage.local.group("cheap", "us-east-1c", desired=1)
    (machine,) = stage.local.cloud.group("cheap").instances
    old = stage.cluster.get("nodes", "c1")
    spec = {"providerID": f"aws:///us-east-1c/{machine.id}"}
    made = {**old, "metadata": {"name": "c2", "labels": old["metadata"]["labels"]}, "spec": spec}
    stage.cluster.create("nodes", made)
    assert names(nodes=("a1", "c0")) == ["a1", "c0"]
    assert names(nodes=("a1", "c0"), zone="us-east-1c") == ["c0"]
    assert names(group="web") == ["b0"]
    assert names(group="cheap") == ["c2"]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({}, "no nodes were named"),
        ({"nodes": ("zz",)}, "no node zz"),
        ({"group": "zz"}, "group zz"),
    ],
)
def test_nodes_that_nobody_named_or_that_are_not_there_are_refused(stage, given, what):
    with pytest.raises(RefusedError, match=what):
        ACTION.select(stage.clients, Params(**given))
