from __future__ import annotations

import pytest

from sopctl.actions.k8s import pause_pods
from sopctl.actions.k8s.headroom import ACTION, Params
from sopctl.core.action import ReceiptKind
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT
from tests import laws
from tests.actions.k8s.stage import effect, plan
from tests.fakes.workloads import deployment, pod_spec

THREE = Params(replicas=3, namespace="shop")
OWN = Params(replicas=5, namespace="shop", name="spare")


def back(stage, changes, params=THREE):
    seen = ACTION.observe(stage.clients, params, [each.resource for each in changes])
    return [type(e)(e.resource, seen[e.resource], e.before.state) for e in changes]


def forward(stage, params=THREE):
    changes = plan(stage, ACTION, params)
    receipts = laws.run(ACTION, stage.clients, changes)
    assert {each.kind for each in receipts.values()} == {ReceiptKind.DONE}, receipts
    return changes


def own(stage, replicas=2, spec=None, **priority):
    """A Deployment of somebody else's that keeps room."""
    given = {"value": -5, "preemptionPolicy": "Never", **priority}
    stage.cluster.create("priorityclasses", {"metadata": {"name": "spare"}, **given})
    body = deployment("spare", replicas, {**(spec or pod_spec()), "priorityClassName": "spare"})
    stage.cluster.create("deployments", body)


def test_the_laws_hold_where_it_is_made(stage):
    proof = laws.prove(ACTION, stage, THREE)
    assert [each.kind for each in proof.selection.ids] == ["k8s.priority_class", "k8s.deployment"]


def test_the_laws_hold_where_it_is_resized(stage):
    own(stage)
    proof = laws.prove(ACTION, stage, OWN)
    assert [each.kind for each in proof.selection.ids] == ["k8s.deployment"]


def test_its_pods_have_none_of_the_traps(stage):
    forward(stage)
    made = stage.cluster.get("priorityclasses", "sopctl-headroom")
    assert pause_pods.wrong(made) == ""
    found = stage.cluster.get("deployments", "sopctl-headroom", "shop")
    assert list(pause_pods.weak(found["spec"]["template"]["spec"])) == []


def test_they_run_in_every_zone_and_give_way(stage):
    changes = forward(stage)
    assert not effect(stage, ACTION, THREE, changes).ok
    stage.run()
    assert effect(stage, ACTION, THREE, changes).ok
    pods = stage.pods("Running")
    assert {stage.zone_of(each) for each in pods} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert {(each["spec"]["priority"], each["spec"]["preemptionPolicy"]) for each in pods} == {
        (-5, "Never")
    }


def test_a_cordoned_zone_is_no_place_that_they_wait_for(stage):
    for name in ("a0", "a1"):
        made = stage.cluster.get("nodes", name)
        made["spec"]["unschedulable"] = True
        made["spec"]["taints"] = [
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        ]
        stage.cluster.update("nodes", made)
    changes = forward(stage, Params(replicas=4, namespace="shop"))
    stage.run()
    assert effect(stage, ACTION, THREE, changes).ok


def test_they_keep_to_the_nodes_that_were_named(stage):
    params = Params(replicas=1, selector={"lifecycle": "OnDemand"}, tolerates=("dedicated",))
    changes = {each.resource.kind: each for each in plan(stage, ACTION, params)}
    pod = changes["k8s.deployment"].before.evidence["body"]["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"lifecycle": "OnDemand"}
    assert pod["tolerations"] == [{"key": "dedicated", "operator": "Exists"}]


def test_spot_nodes_are_told_of(stage):
    made = stage.cluster.get("nodes", "a0")
    made["metadata"]["labels"]["lifecycle"] = "Ec2Spot"
    stage.cluster.update("nodes", made)
    notes = ACTION.select(stage.clients, THREE).notes
    assert any(each.startswith("1 of the 6 nodes they may be on are spot") for each in notes)


@pytest.mark.parametrize("priority", [-11, 0, 7])
def test_a_priority_that_keeps_no_room_is_refused(stage, priority):
    with pytest.raises(RefusedError, match="keeps no room"):
        ACTION.select(stage.clients, Params(replicas=1, priority=priority))


@pytest.mark.parametrize(
    "trap",
    [
        {"value": -11},
        {"value": 0},
        {"globalDefault": True},
        {"preemptionPolicy": "PreemptLowerPriority"},
    ],
)
def test_what_is_there_is_not_resized_with_a_trap_in_it(stage, trap):
    own(stage, **trap)
    with pytest.raises(RefusedError, match="shop/spare keeps no room"):
        ACTION.select(stage.clients, OWN)


def test_nor_is_a_class_with_a_trap_taken(stage):
    stage.cluster.create("priorityclasses", {"metadata": {"name": "spare"}, "value": 100})
    with pytest.raises(RefusedError, match="the PriorityClass spare keeps no room"):
        ACTION.select(stage.clients, OWN)


def test_what_somebody_elses_pods_lack_is_told(stage):
    own(stage)
    told = " ".join(ACTION.select(stage.clients, OWN).notes)
    assert "take their time to leave" in told
    assert "not spread over the zones" in told


def test_what_we_made_goes_and_what_was_there_stays(stage):
    stage.cluster.create(
        "priorityclasses",
        {"metadata": {"name": "sopctl-headroom"}, "value": -5, "preemptionPolicy": "Never"},
    )
    changes = forward(stage)
    assert [each.resource.kind for each in changes] == ["k8s.deployment"]
    laws.run(ACTION, stage.clients, back(stage, changes), "back")
    assert stage.cluster.get("deployments", "sopctl-headroom", "shop") is None
    assert stage.cluster.get("priorityclasses", "sopctl-headroom") is not None
    assert effect(stage, ACTION, THREE, back(stage, changes)).ok


def test_one_that_another_made_in_our_place_is_not_ours(stage):
    forward(stage)
    stage.cluster.delete("deployments", "sopctl-headroom", "shop")
    stage.cluster.create("deployments", deployment("sopctl-headroom", 3))
    resource = THREE.deployment
    seen = ACTION.observe(stage.clients, THREE, [resource])[resource]
    assert seen.state is not ABSENT
    assert not seen.state.ours  # not what was settled: the way back is a conflict


def test_a_number_that_changed_meanwhile_is_a_conflict(stage):
    own(stage)
    changes = plan(stage, ACTION, OWN)
    made = stage.cluster.get("deployments", "spare", "shop")
    made["spec"]["replicas"] = 9
    stage.cluster.update("deployments", made)
    (receipt,) = laws.run(ACTION, stage.clients, changes).values()
    assert receipt.kind is ReceiptKind.CONFLICT


def test_somebody_elses_that_is_gone_is_not_made_again(stage):
    own(stage)
    changes = forward(stage, OWN)
    stage.cluster.delete("deployments", "spare", "shop")
    (receipt,) = laws.run(ACTION, stage.clients, back(stage, changes, OWN), "back").values()
    assert receipt.kind is ReceiptKind.REJECTED
