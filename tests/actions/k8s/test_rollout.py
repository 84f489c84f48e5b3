from __future__ import annotations

import pytest

from sopctl.actions.k8s import rollout_status
from sopctl.actions.k8s.rollout import ACTION, Params, needed
from sopctl.core.action import ReceiptKind, Undo
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.stage import effect, plan, send
from tests.fakes.workloads import deployment

WEB = {"namespace": "shop", "name": "web"}
RESTART, PAUSE, RESUME = (Params(do=each, **WEB) for each in ("restart", "pause", "resume"))
AT = "kubectl.kubernetes.io/restartedAt"
TEMPLATES = {
    "never restarted, other annotations": {"annotations": {"x": "y"}},
    "never restarted, no annotations": {},
    "restarted before": {"annotations": {AT: "2026-11-20T00:00:00Z"}},
}


@pytest.fixture
def shop(stage):
    stage.cluster.create("deployments", deployment("web", 2))
    stage.run()
    return stage


def web(stage):
    return stage.cluster.get("deployments", "web", "shop")


def uids(stage):
    return {each["metadata"]["uid"] for each in stage.pods()}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_restart_keeps_the_laws_and_leaves_all_else_alone(stage, template):
    made = deployment("web", 2)
    made["spec"]["template"]["metadata"] |= template
    stage.cluster.create("deployments", made)
    before = web(stage)["spec"]["template"]
    laws.prove(ACTION, stage, RESTART)
    after = web(stage)["spec"]["template"]
    assert after["metadata"]["annotations"].pop(AT) == "2026-11-21T03:00:00.000000Z"
    before["metadata"].setdefault("annotations", {}).pop(AT, None)
    assert after == before


def test_a_restart_replaces_the_pods_and_is_finished_when_they_are_new(shop):
    old = uids(shop)
    changes = plan(shop, ACTION, RESTART)
    send(shop, ACTION, *changes)
    assert not effect(shop, ACTION, RESTART, changes).ok
    shop.run(60)
    assert effect(shop, ACTION, RESTART, changes).ok
    assert not uids(shop) & old


def test_a_restart_by_somebody_else_since_the_plan_counts(shop):
    (change,) = plan(shop, ACTION, RESTART)
    theirs = {"template": {"metadata": {"annotations": {AT: "now"}}}}
    shop.cluster.patch("deployments", "web", {"spec": theirs}, "shop")
    seen = ACTION.observe(shop.clients, RESTART, [change.resource])[change.resource]
    assert ACTION.satisfies(change.after, seen.state)


def test_two_restarts_at_once_are_one(shop):
    (change,) = plan(shop, ACTION, RESTART)
    theirs = {"template": {"metadata": {"annotations": {AT: "now"}}}}
    shop.cluster.patch("deployments", "web", {"spec": theirs}, "shop")
    (receipt,) = send(shop, ACTION, change).values()
    assert receipt.kind is ReceiptKind.CONFLICT


def test_a_restart_needs_consent_and_has_no_way_back():
    assert "pods" in ACTION.consent(RESTART)
    assert ACTION.undo_with({"do": "restart"}) is Undo.RESIDUE
    assert ACTION.undo_with({"do": "${{ params.do }}"}) is Undo.RESIDUE
    assert ACTION.undo_with({"do": "pause"}) is Undo.EXACT
    assert ACTION.consent(PAUSE) == ""


def test_what_would_not_restart_is_left_with_the_reason(shop):
    shop.cluster.patch("deployments", "web", {"spec": {"paused": True}}, "shop")
    made = deployment("db", 1)
    spec = {**made["spec"], "serviceName": "db", "updateStrategy": {"type": "OnDelete"}}
    shop.cluster.create("statefulsets", {**made, "kind": "StatefulSet", "spec": spec})
    for params, why in (
        (RESTART, "is paused"),
        (Params(do="restart", kind="StatefulSet", namespace="shop", name="db"), "OnDelete"),
    ):
        selection = ACTION.select(shop.clients, params)
        assert selection.ids == ()
        assert why in selection.notes[0]


def test_pausing_is_a_state_and_exact(shop):
    proof = laws.prove(ACTION, shop, PAUSE)
    assert [each.part for each in proof.selection.ids] == ["paused"]
    assert plan(shop, ACTION, RESUME) == []


def test_resuming_keeps_the_laws_and_waits_for_the_rollout(shop):
    shop.cluster.patch("deployments", "web", {"spec": {"paused": True}}, "shop")
    changes = plan(shop, ACTION, RESUME)
    laws.prove(ACTION, shop, RESUME)
    send(shop, ACTION, *plan(shop, ACTION, RESUME))
    assert effect(shop, ACTION, RESUME, changes).detail.startswith("shop/web: its controller")
    shop.run()
    assert effect(shop, ACTION, RESUME, changes).ok


def test_only_a_deployment_can_be_paused():
    with pytest.raises(RefusedError, match="a DaemonSet cannot be paused"):
        Params(do="pause", kind="DaemonSet", **WEB)


FINISHED = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
DAEMONS = {
    "observedGeneration": 2,
    "desiredNumberScheduled": 3,
    "updatedNumberScheduled": 3,
    "numberAvailable": 3,
}


@pytest.mark.parametrize(
    ("spec", "status", "waits"),
    [
        ({"replicas": 3, "strategy": {}}, FINISHED, ""),
        ({"replicas": 3, "strategy": {}}, {**FINISHED, "observedGeneration": 1}, "not seen"),
        (
            {"replicas": 3, "strategy": {}},
            {**FINISHED, "updatedReplicas": 2},
            "2 of 3 pods are new",
        ),
        ({"replicas": 3, "strategy": {}}, {**FINISHED, "replicas": 4}, "1 old pods still run"),
        ({"replicas": 3}, {**FINISHED, "availableReplicas": 2}, "2 of 3 pods are available"),
        (
            {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            {**FINISHED, "updatedReplicas": 1},
            "",
        ),
        ({}, DAEMONS, ""),
        ({}, {**DAEMONS, "updatedNumberScheduled": 1}, "1 of 3 pods are new"),
        ({}, {**DAEMONS, "numberAvailable": 1}, "1 of 3 pods are available"),
    ],
)
def test_when_a_rollout_is_finished(spec, status, waits):
    found = rollout_status.unfinished(
        {"metadata": {"generation": 2}, "spec": spec, "status": status}
    )
    assert waits in found
    assert bool(found) == bool(waits)


def test_it_needs_what_its_step_names():
    asked = {"do": "restart", "kind": "DaemonSet", "labels": {}}
    assert needed(asked) == (
        "k8s:get daemonsets.apps",
        "k8s:list daemonsets.apps",
        "k8s:patch daemonsets.apps",
    )
