"""Deleting silent nodes, and moving controllers that are lost with a zone."""

from __future__ import annotations

from sopctl.actions.k8s import controllers_move, node_delete
from sopctl.core.action import ReceiptKind, Undo
from sopctl.core.resource import ABSENT
from tests import laws
from tests.actions.k8s.stage import apply, effect, plan, send
from tests.actions.k8s.test_node_taints import silence
from tests.fakes.workloads import deployment

DELETE, MOVE = node_delete.ACTION, controllers_move.ACTION
ZONE, AWAY = node_delete.Params(zone="us-east-1a"), controllers_move.Params(zone="us-east-1a")


def controller(stage, name="dns", replicas=1):
    made = deployment(name, replicas)
    made["metadata"]["namespace"] = "kube-system"
    stage.cluster.create("deployments", made)


def only_in_a(stage):
    """Controllers are placed while only zone a takes pods."""
    cordon(stage, "b0", "b1", "c0", "c1")
    controller(stage)
    stage.run()
    for name in ("b0", "b1", "c0", "c1"):
        stage.cluster.patch("nodes", name, {"spec": {"unschedulable": None}})


def cordon(stage, *names):
    for name in names:
        stage.cluster.patch("nodes", name, {"spec": {"unschedulable": True}})


def test_silent_nodes_of_the_zone_are_deleted_and_no_other(stage):
    silence(stage, "a0", "b0")
    proof = laws.prove(DELETE, stage, ZONE)
    assert [each.name for each in proof.selection.ids] == ["a0"]
    assert proof.selection.notes == ("1 nodes are left: their kubelets answer.",)
    assert {each["metadata"]["name"] for each in stage.cluster.list("nodes")} == {
        "a1",
        "b0",
        "b1",
        "c0",
        "c1",
    }


def test_there_is_no_way_back_and_a_person_has_to_agree(stage):
    silence(stage, "a0")
    assert DELETE.undo is Undo.NONE
    assert "do not come back" in DELETE.consent(ZONE)
    changes = plan(stage, DELETE, ZONE)
    apply(stage, DELETE, changes)
    back = [type(e)(e.resource, e.before, e.before.state) for e in changes]
    assert {r.kind for r in send(stage, DELETE, *back).values()} == {ReceiptKind.REJECTED}


def test_a_node_that_answers_again_stays(stage):
    silence(stage, "a0")
    (resource,) = DELETE.select(stage.clients, ZONE).ids
    node = stage.cluster.get("nodes", "a0")
    node["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    stage.cluster.update("nodes", node, subresource="status")
    seen = DELETE.observe(stage.clients, ZONE, [resource])[resource]
    assert DELETE.desire(ZONE, resource, seen) == seen.state


def test_a_node_of_that_name_that_came_later_is_not_deleted(stage):
    silence(stage, "a0")
    changes = plan(stage, DELETE, ZONE)
    old = stage.cluster.get("nodes", "a0")
    stage.cluster.delete("nodes", "a0")
    old["metadata"] = {"name": "a0", "labels": old["metadata"]["labels"]}
    stage.cluster.create("nodes", old)
    send(stage, DELETE, *changes)
    assert stage.cluster.get("nodes", "a0") is not None


def test_a_controller_that_runs_only_in_the_zone_is_started_elsewhere(stage):
    only_in_a(stage)
    cordon(stage, "a0", "a1")
    selection = MOVE.select(stage.clients, AWAY)
    assert len(selection.ids) == 1
    assert selection.notes == ()
    changes = plan(stage, MOVE, AWAY)
    assert not effect(stage, MOVE, AWAY, changes).ok
    apply(stage, MOVE, changes)
    stage.run()
    assert effect(stage, MOVE, AWAY, changes).ok
    assert MOVE.select(stage.clients, AWAY).ids == ()
    seen = MOVE.observe(stage.clients, AWAY, selection.ids)
    assert all(each.state is ABSENT for each in seen.values())


def test_nodes_that_would_take_it_back_are_said(stage):
    only_in_a(stage)
    (note,) = MOVE.select(stage.clients, AWAY).notes
    assert note == "2 nodes of us-east-1a still take pods: cordon them first."


def test_a_controller_that_also_runs_elsewhere_is_left_alone(stage):
    controller(stage, replicas=6)
    stage.run()
    assert MOVE.select(stage.clients, AWAY).ids == ()


def test_pods_that_keep_their_names_are_left_and_said(stage):
    only_in_a(stage)
    made = deployment("store", 1)
    made["metadata"]["namespace"] = "kube-system"
    made["spec"]["serviceName"] = "store"
    stage.cluster.create("statefulsets", {**made, "kind": "StatefulSet"})
    (pod,) = stage.cluster.list("pods", "kube-system")
    labels = {"app": "store"}
    metadata = {"name": "store-0", "namespace": "kube-system", "labels": labels}
    stage.cluster.create("pods", {**pod, "metadata": metadata})
    notes = MOVE.select(stage.clients, AWAY).notes
    assert notes[0].startswith("kube-system/store: left alone, because its pods keep their names.")
