from __future__ import annotations

import pytest

from sopctl.actions.k8s import spread_policy, spread_relax
from sopctl.actions.k8s.pod_unblock import ACTION, Params, Waiting
from sopctl.core.action import ReceiptKind
from tests import laws
from tests.actions.k8s.stage import apply, effect, look, plan, send
from tests.fakes.workloads import deployment, pod, pod_spec, spread

P = Params()


@pytest.fixture
def blocked(stage):
    """Zone a takes no pods: of nine that are spread hard, some wait."""
    for name in ("a0", "a1"):
        stage.cluster.patch("nodes", name, {"spec": {"unschedulable": True}})
    web = pod_spec(topologySpreadConstraints=[spread("web")])
    stage.cluster.create("deployments", deployment("web", 9, web))
    stage.run()
    assert len(stage.pods("Pending")) > 0
    return stage


def relax(stage):
    for action, params in (
        (spread_policy.ACTION, spread_policy.Params()),
        (spread_relax.ACTION, spread_relax.Params()),
    ):
        apply(stage, action, plan(stage, action, params))


def test_it_keeps_the_laws(blocked):
    proof = laws.prove(ACTION, blocked, P)
    assert len(proof.receipts) > 0


def test_only_pods_that_wait_for_a_spread_constraint_are_selected(blocked):
    blocked.cluster.create("deployments", deployment("big", 1, pod_spec(cpu="64")))
    blocked.run()
    names = [each.name for each in ACTION.select(blocked.clients, P).ids]
    assert len(names) == len(blocked.pods("Pending")) - 1
    assert all(name.startswith("shop/web-") for name in names)


def test_relaxed_and_unblocked_every_pod_finds_its_place(blocked):
    relax(blocked)
    changes = plan(blocked, ACTION, P)
    apply(blocked, ACTION, changes)
    blocked.run(30)
    assert blocked.pods("Pending") == []
    assert len(blocked.pods("Running")) == 9
    assert effect(blocked, ACTION, P, changes).ok


def test_without_relaxing_the_same_pods_wait_again_and_the_effect_says_so(blocked):
    selection = ACTION.select(blocked.clients, P)
    assert any("no spread policy is switched on" in note for note in selection.notes)
    changes = plan(blocked, ACTION, P)
    apply(blocked, ACTION, changes)
    blocked.run(30)
    seen = effect(blocked, ACTION, P, changes)
    assert not seen.ok
    assert "still wait" in seen.detail


def test_a_pod_that_found_its_place_meanwhile_stays(blocked):
    (change, *_) = plan(blocked, ACTION, P)
    for name in ("a0", "a1"):
        blocked.cluster.patch("nodes", name, {"spec": {"unschedulable": False}})
    blocked.run()
    seen = look(blocked, ACTION, change)[change.resource]
    assert seen.state == Waiting(blocked=False)
    assert ACTION.desire(P, change.resource, seen) == seen.state
    (receipt,) = send(blocked, ACTION, change).values()
    assert receipt.kind is ReceiptKind.CONFLICT
    assert len(blocked.pods("Running")) == 9


def test_a_pod_that_is_gone_is_as_desired(blocked):
    (change, *_) = plan(blocked, ACTION, P)
    apply(blocked, ACTION, [change])
    (receipt,) = send(blocked, ACTION, change).values()
    assert receipt.kind is ReceiptKind.DONE


def test_pods_younger_than_the_policy_are_left(blocked):
    relax(blocked)
    older = len(ACTION.select(blocked.clients, P).ids)
    blocked.local.watch.sleep(60)
    late = {"kind": "ReplicaSet", "name": "x", "uid": "u-1", "controller": True}
    blocked_pod(blocked, "late", {**late, "apiVersion": "apps/v1"})
    selection = ACTION.select(blocked.clients, P)
    assert len(selection.ids) == older
    assert "1 pods are left: they are younger than the policy" in selection.notes


@pytest.mark.parametrize("kind", ["Job", ""])
def test_pods_that_nobody_replaces_are_left(blocked, kind):
    before = len(ACTION.select(blocked.clients, P).ids)
    owner = {"apiVersion": "batch/v1", "kind": kind, "name": "x", "uid": "u-1", "controller": True}
    blocked_pod(blocked, "lone", owner if kind else None)
    selection = ACTION.select(blocked.clients, P)
    assert len(selection.ids) == before
    assert "1 pods are left: their owner makes no other" in selection.notes


def blocked_pod(stage, name, owner):
    """A pod as the scheduler leaves it when a spread constraint keeps it waiting."""
    spec = pod_spec(topologySpreadConstraints=[spread("web")])
    body = pod(name, spec, app="web")
    body["metadata"]["namespace"] = "kube-system"  # where the policy relaxes nothing
    if owner:
        body["metadata"]["ownerReferences"] = [owner]
    made = stage.cluster.create("pods", body)
    made["status"] = {
        "phase": "Pending",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/6 nodes: 6 node(s) didn't match pod topology spread constraints.",
            }
        ],
    }
    stage.cluster.update("pods", made, subresource="status")
