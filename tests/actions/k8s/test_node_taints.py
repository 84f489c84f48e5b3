"""The two actions on taints of nodes: what a stopped scale-down left, and out of service."""

from __future__ import annotations

import pytest

from sopctl.actions.k8s import node_out_of_service, node_soft_taints
from sopctl.core.action import ReceiptKind, Undo
from tests import laws
from tests.actions.k8s.stage import apply, inverse, plan, send

SOFT, OUT = node_soft_taints.ACTION, node_out_of_service.ACTION
EVERYWHERE = node_soft_taints.Params()
ZONE = node_out_of_service.Params(zone="us-east-1a")
CANDIDATE = {
    "key": "DeletionCandidateOfClusterAutoscaler",
    "value": "1795000000",
    "effect": "PreferNoSchedule",
}
LEAVING = {"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}
OTHER = {"key": "dedicated", "value": "batch", "effect": "NoSchedule"}


def taint(stage, name, *taints):
    node = stage.cluster.get("nodes", name)
    node["spec"]["taints"] = list(taints)
    stage.cluster.update("nodes", node)


def silence(stage, *names):
    for name in names:
        node = stage.cluster.get("nodes", name)
        node["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
        stage.cluster.update("nodes", node, subresource="status")


def keys(stage, name):
    node = stage.cluster.get("nodes", name)
    return [each["key"] for each in node["spec"].get("taints") or ()]


@pytest.fixture
def machines(stage):
    """A real instance behind the node a0; a1 is of a machine that EC2 does not know."""
    stage.local.group("web", "us-east-1a", desired=1)
    (instance,) = stage.local.cloud.group("web").instances
    stage.cluster.delete("nodes", "a0")
    made = stage.cluster.get("nodes", "a1")
    metadata = {"name": "a0", "labels": made["metadata"]["labels"]}
    spec = {"providerID": f"aws:///us-east-1a/{instance.id}"}
    stage.cluster.create("nodes", {**made, "metadata": metadata, "spec": spec})
    silence(stage, "a0", "a1")
    return stage, instance.id


@pytest.mark.parametrize(
    "taints", [(CANDIDATE,), (OTHER, CANDIDATE)], ids=["alone", "after another"]
)
def test_soft_taints_keep_the_laws(stage, taints):
    taint(stage, "a0", *taints)
    laws.prove(SOFT, stage, EVERYWHERE)
    assert SOFT.undo is Undo.OWNER_RECREATES


def test_nodes_that_are_being_removed_and_those_of_the_zone_keep_theirs(stage):
    taint(stage, "a0", CANDIDATE)
    taint(stage, "b0", CANDIDATE, LEAVING)
    taint(stage, "c0", CANDIDATE)
    params = node_soft_taints.Params(except_zone="us-east-1a")
    selection = SOFT.select(stage.clients, params)
    assert [each.name for each in selection.ids] == ["c0"]
    assert selection.notes == ("b0: left alone, because it is being removed.",)


def test_a_list_that_changed_meanwhile_is_a_conflict(stage):
    taint(stage, "a0", CANDIDATE)
    changes = plan(stage, SOFT, EVERYWHERE)
    taint(stage, "a0", CANDIDATE, OTHER)
    (receipt,) = send(stage, SOFT, *changes).values()
    assert receipt.kind is ReceiptKind.CONFLICT
    assert keys(stage, "a0") == [CANDIDATE["key"], OTHER["key"]]


def test_out_of_service_keeps_the_laws_for_a_stopped_machine(machines):
    stage, instance = machines
    stage.local.cloud.terminate(instance)
    stage.local.watch.sleep(60)
    stage.local.cloud.tick()
    stage.local.cloud.tick()
    proof = laws.prove(OUT, stage, ZONE)
    assert [each.name for each in proof.selection.ids] == ["a0"]
    assert proof.selection.notes == (
        "1 silent nodes are left: EC2 does not say that they stopped.",
    )


def test_a_machine_that_runs_is_not_declared_out_of_service(machines):
    stage, _ = machines
    selection = OUT.select(stage.clients, ZONE)
    assert selection.ids == ()
    assert selection.notes == ("2 silent nodes are left: EC2 does not say that they stopped.",)


def test_it_is_asked_again_right_before_the_write(machines, monkeypatch):
    """Without this second look a machine that was started meanwhile would be cut off."""
    stage, _ = machines
    states = "sopctl.actions.k8s.node_out_of_service.instances.states"
    with monkeypatch.context() as patch:
        patch.setattr(states, lambda aws, ids: dict.fromkeys(ids, "stopped"))
        changes = plan(stage, OUT, ZONE)
    receipts = apply(stage, OUT, changes)
    assert {each.kind for each in receipts.values()} == {ReceiptKind.REJECTED}
    assert keys(stage, "a0") == []


def test_a_person_has_to_agree_and_the_taint_comes_off_again(machines, monkeypatch):
    stage, _ = machines
    assert "by force" in OUT.consent(ZONE)
    states = "sopctl.actions.k8s.node_out_of_service.instances.states"
    monkeypatch.setattr(states, lambda aws, ids: dict.fromkeys(ids, "terminated"))
    changes = plan(stage, OUT, ZONE)
    apply(stage, OUT, changes)
    assert keys(stage, "a0") == [node_out_of_service.KEY]
    monkeypatch.setattr(states, lambda aws, ids: dict.fromkeys(ids, "running"))
    apply(stage, OUT, inverse(stage, OUT, changes))
    assert keys(stage, "a0") == []
