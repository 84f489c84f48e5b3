from __future__ import annotations

from datetime import timedelta

import pytest

from sopctl.actions.k8s import node_cordon
from sopctl.actions.k8s.node_drain import ACTION, Params, Running
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.sandbox.k8s.http import FaultRule
from tests import laws
from tests.actions.k8s.stage import apply, effect, look, plan, send
from tests.fakes.workloads import deployment, pod, pod_spec

ZONE = Params(zone="us-east-1a")
READY = {"type": "Ready", "status": "True"}


@pytest.fixture
def busy(stage):
    """Nine pods over three zones, and zone a cordoned."""
    stage.cluster.create("deployments", deployment("web", 9))
    stage.run()
    cordon = node_cordon.ACTION
    apply(stage, cordon, plan(stage, cordon, node_cordon.Params(zone="us-east-1a")))
    assert in_zone(stage)
    return stage


def in_zone(stage, zone="us-east-1a"):
    return [each for each in stage.pods() if stage.zone_of(each) == zone]


def budget(stage, name="web", app="web", minimum=9, **status):
    spec = {"minAvailable": minimum, "selector": {"matchLabels": {"app": app}}}
    made = stage.cluster.create(
        "poddisruptionbudgets", {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}
    )
    counts = {
        "disruptionsAllowed": 0,
        "currentHealthy": 9,
        "desiredHealthy": minimum,
        "expectedPods": 9,
        "observedGeneration": made["metadata"].get("generation", 1),
    }
    made["status"] = {**counts, **status}
    stage.cluster.update("poddisruptionbudgets", made, subresource="status")


def place(stage, name, node="a0", owner="", spec=None, *, ready=True, phase="Running", uid="set-1"):
    """A pod that runs on a node."""
    body = pod(name, {**(spec or pod_spec()), "nodeName": node}, app=uid)
    if owner:
        reference = {"apiVersion": "apps/v1", "kind": owner, "name": "db", "uid": uid}
        body["metadata"]["ownerReferences"] = [{**reference, "controller": True}]
    made = stage.cluster.create("pods", body)
    conditions = [{**READY, "status": "True" if ready else "False"}]
    made["status"] = {"phase": phase, "conditions": conditions}
    return stage.cluster.update("pods", made, subresource="status")


def lose(stage, *nodes):
    for name in nodes:
        node = stage.cluster.get("nodes", name)
        node["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
        stage.cluster.update("nodes", node, subresource="status")


def test_it_keeps_the_laws(busy):
    here = {f"shop/{each['metadata']['name']}" for each in in_zone(busy)}
    proof = laws.prove(ACTION, busy, ZONE)
    assert {each.name for each in proof.receipts} == here


def test_evicted_pods_run_elsewhere_and_then_it_had_its_effect(busy):
    changes = plan(busy, ACTION, ZONE)
    assert not effect(busy, ACTION, ZONE, changes).ok
    apply(busy, ACTION, changes)
    assert not effect(busy, ACTION, ZONE, changes).ok
    busy.run(60)
    assert in_zone(busy) == []
    assert len(busy.pods("Running")) == 9
    seen = effect(busy, ACTION, ZONE, changes)
    assert seen.ok, seen.detail


def test_a_budget_that_does_not_allow_it_now_is_asked_again_and_named(busy):
    budget(busy)
    (change, *_) = plan(busy, ACTION, ZONE)
    (receipt,) = send(busy, ACTION, change).values()
    assert receipt.kind is ReceiptKind.NOT_YET
    assert "web needs 9 healthy pods and has 9 currently" in receipt.why
    assert receipt.after > 0
    assert len(in_zone(busy)) == len(plan(busy, ACTION, ZONE))


def test_two_budgets_never_let_go_and_are_named_without_asking(busy):
    budget(busy, "one", minimum=1, disruptionsAllowed=8)
    budget(busy, "two", minimum=1, disruptionsAllowed=8)
    (change, *_) = plan(busy, ACTION, ZONE)
    count = busy.mutations()
    (receipt,) = send(busy, ACTION, change).values()
    assert receipt.kind is ReceiptKind.REJECTED
    assert "shop/one, shop/two" in receipt.why
    assert busy.mutations() == count


def test_a_pod_of_the_same_name_but_another_uid_is_not_evicted(busy):
    made = place(busy, "db-0", owner="StatefulSet")
    old = ResourceId("k8s.pod", "shop/db-0", "another-uid")
    change = Change(old, Observed(Running(node="a0"), evidence={"node_ready": True}), ABSENT)
    assert look(busy, ACTION, change)[old].state is ABSENT
    (receipt,) = send(busy, ACTION, change).values()
    assert receipt.kind in (ReceiptKind.CONFLICT, ReceiptKind.DONE)
    still = busy.cluster.get("pods", "db-0", "shop")
    assert still["metadata"]["uid"] == made["metadata"]["uid"]
    assert "deletionTimestamp" not in still["metadata"]


def test_a_pod_that_is_gone_is_done(busy):
    (change, *_) = plan(busy, ACTION, ZONE)
    busy.cluster.delete("pods", change.resource.name.removeprefix("shop/"), "shop", grace=0)
    (receipt,) = send(busy, ACTION, change).values()
    assert receipt.kind is ReceiptKind.DONE


def test_a_terminating_pod_counts_as_gone(busy):
    (change, *_) = changes = plan(busy, ACTION, ZONE)
    apply(busy, ACTION, [change])
    name = change.resource.name.removeprefix("shop/")
    assert busy.cluster.get("pods", name, "shop")["metadata"]["deletionTimestamp"]
    assert look(busy, ACTION, change)[change.resource].state is ABSENT
    assert len(plan(busy, ACTION, ZONE)) == len(changes) - 1


def names(stage, params=ZONE):
    found = ACTION.select(stage.clients, params)
    return {each.name.removeprefix("shop/") for each in found.ids}, found.notes


def test_daemon_and_mirror_pods_stay(stage):
    place(stage, "agent", owner="DaemonSet")
    place(stage, "static")
    mirror = {"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}}
    stage.cluster.patch("pods", "static", mirror, "shop")
    assert names(stage) == (set(), ())


EMPTY_DIR = pod_spec(volumes=[{"name": "cache", "emptyDir": {}}])


@pytest.mark.parametrize(
    ("owner", "spec", "allowed", "note"),
    [
        ("", None, Params(zone="us-east-1a", delete_unmanaged=True), "delete_unmanaged"),
        (
            "ReplicaSet",
            EMPTY_DIR,
            Params(zone="us-east-1a", delete_empty_dir=True),
            "delete_empty_dir",
        ),
    ],
)
def test_what_would_be_lost_needs_consent(stage, owner, spec, allowed, note):
    place(stage, "lone", owner=owner, spec=spec)
    found, notes = names(stage)
    assert found == set()
    assert note in notes[0]
    assert ACTION.consent(ZONE) == ""
    assert names(stage, allowed)[0] == {"lone"}
    assert ACTION.consent(allowed) != ""


def test_finished_pods_go_whoever_owned_them(stage):
    place(stage, "done", phase="Succeeded", ready=False)
    assert names(stage)[0] == {"done"}


def test_namespaces_can_be_left_out(stage):
    place(stage, "web-1", owner="ReplicaSet")
    assert names(stage, Params(zone="us-east-1a", except_namespaces=("shop",)))[0] == set()


def test_a_pod_whose_volume_is_in_the_zone_stays_because_it_runs_nowhere_else(stage):
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    place(stage, "db-0", owner="StatefulSet", spec=pod_spec(volumes=[volume]))
    expression = {"key": "topology.ebs.csi.aws.com/zone", "operator": "In"}
    term = {"matchExpressions": [{**expression, "values": ["us-east-1a"]}]}
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "claimRef": {"namespace": "shop", "name": "data"},
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
    }
    stage.cluster.create("persistentvolumes", {"metadata": {"name": "pv-1"}, "spec": spec})
    found, notes = names(stage)
    assert found == set()
    assert "their volumes are in us-east-1a only" in notes[0]


def test_on_a_node_that_does_not_answer_stateless_pods_are_deleted_past_their_budget(stage):
    place(stage, "web-1", owner="ReplicaSet", ready=False)
    budget(stage, app="set-1", minimum=1)
    lose(stage, "a0", "a1")
    changes = plan(stage, ACTION, ZONE)
    (receipt,) = apply(stage, ACTION, changes).values()
    assert receipt.kind is ReceiptKind.DONE
    sent = [c for c in stage.local.kube.calls if c.mutating]
    assert [(c.method, "eviction" in c.path) for c in sent] == [("DELETE", False)]
    assert "gracePeriodSeconds" not in sent[0].query
    leaving = stage.cluster.get("pods", "web-1", "shop")
    assert leaving["metadata"]["deletionTimestamp"], "asked to go, never forced"
    assert plan(stage, ACTION, ZONE) == []


def test_on_a_node_that_does_not_answer_stateful_pods_are_left_with_the_reason(stage):
    place(stage, "db-0", owner="StatefulSet", ready=False)
    lose(stage, "a0", "a1")
    found, notes = names(stage)
    assert found == set()
    assert "nothing proves that they stopped" in notes[0]


def test_a_node_that_stops_answering_after_the_plan_keeps_its_stateful_pods(stage):
    place(stage, "db-0", owner="StatefulSet")
    changes = plan(stage, ACTION, ZONE)
    lose(stage, "a0", "a1")
    count = stage.mutations()
    (receipt,) = apply(stage, ACTION, changes).values()
    assert receipt.kind is ReceiptKind.REJECTED
    assert stage.mutations() == count


def test_pods_of_jobs_are_evicted_with_a_note(stage):
    place(stage, "job-1", owner="Job")
    found, notes = names(stage)
    assert found == {"job-1"}
    assert notes == ("1 pods of Jobs are evicted: to their Job that is a failure",)


def test_pods_that_came_to_the_zone_since_are_told_apart(busy):
    changes = plan(busy, ACTION, ZONE)
    assert "have not left" in effect(busy, ACTION, ZONE, changes).detail
    apply(busy, ACTION, changes)
    busy.run(60)
    place(busy, "late", owner="ReplicaSet")
    seen = effect(busy, ACTION, ZONE, changes)
    assert not seen.ok
    assert "1 pods came there since, such as shop/late" in seen.detail


def test_a_budget_that_will_hold_up_the_drain_is_in_the_plan(busy):
    budget(busy, minimum=8, disruptionsAllowed=1)
    count = len(plan(busy, ACTION, ZONE))
    (note,) = ACTION.select(busy.clients, ZONE).notes
    assert note == (
        f"shop/web allows 1 of {count} evictions now: 9 of its pods are healthy, 8 have to be"
    )


def test_a_budget_that_allows_enough_is_not_worth_a_note(busy):
    budget(busy, minimum=1, disruptionsAllowed=8)
    assert ACTION.select(busy.clients, ZONE).notes == ()


def test_pods_that_two_budgets_guard_are_in_the_plan(busy):
    budget(busy, "one", minimum=1, disruptionsAllowed=8)
    budget(busy, "two", minimum=1, disruptionsAllowed=8)
    (note,) = ACTION.select(busy.clients, ZONE).notes
    assert "cannot be evicted at all: shop/one, shop/two both guard them" in note


def test_an_owner_that_lacks_replicas_is_named_with_what_the_scheduler_says(busy):
    changes = plan(busy, ACTION, ZONE)
    for name in ("b0", "b1", "c0", "c1"):
        busy.cluster.patch("nodes", name, {"spec": {"unschedulable": True}})
    apply(busy, ACTION, changes)
    busy.run(60)
    seen = effect(busy, ACTION, ZONE, changes)
    assert not seen.ok
    assert "of 9 replicas ready (0/6 nodes are available" in seen.detail


def change_of(name, priority=0, owner="ReplicaSet", uid="rs-1"):
    evidence = {"priority": priority, "owner": {"kind": owner, "name": "x", "uid": uid}}
    resource = ResourceId("k8s.pod", f"shop/{name}", f"uid-{name}")
    return Change(resource, Observed(Running(node="a0"), evidence=evidence), ABSENT)


def ordered(*changes):
    return [[each.resource.name.removeprefix("shop/") for each in b] for b in ACTION.order(changes)]


def test_low_priority_goes_first_and_stateless_before_stateful():
    high, low = change_of("high", 1000), change_of("low", -10)
    stateful = change_of("db-0", -10, "StatefulSet")
    assert ordered(high, stateful, low) == [["low"], ["db-0"], ["high"]]


def test_a_stateful_set_goes_one_ordinal_at_a_time_from_the_last():
    db = [change_of(f"db-{n}", owner="StatefulSet", uid="db") for n in (0, 10, 2)]
    mq = [change_of("mq-0", owner="StatefulSet", uid="mq")]
    assert [sorted(each) for each in ordered(*db, *mq)] == [["db-10", "mq-0"], ["db-2"], ["db-0"]]


def test_the_next_of_a_stateful_set_waits_until_the_last_one_is_ready_again(stage):
    place(stage, "db-0", owner="StatefulSet")
    place(stage, "db-1", "b0", owner="StatefulSet", ready=False)
    changes = plan(stage, ACTION, ZONE)
    (receipt,) = send(stage, ACTION, *changes).values()
    assert receipt.kind is ReceiptKind.NOT_YET
    assert "shop/db-1" in receipt.why


def test_a_sibling_on_a_node_that_does_not_answer_is_not_waited_for(stage):
    place(stage, "db-0", owner="StatefulSet")
    place(stage, "db-1", "b0", owner="StatefulSet", ready=False)
    lose(stage, "b0")
    (receipt,) = send(stage, ACTION, *plan(stage, ACTION, ZONE)).values()
    assert receipt.kind is ReceiptKind.DONE


def test_a_throttled_eviction_is_asked_again(busy):
    busy.local.kube.faults.append(
        FaultRule(method="POST", path_regex="/eviction", kind="status", value=429, count=1)
    )
    (change, *_) = plan(busy, ACTION, ZONE)
    (receipt,) = send(busy, ACTION, change).values()
    assert receipt.kind is ReceiptKind.NOT_YET
    (receipt,) = send(busy, ACTION, change).values()
    assert receipt.kind is ReceiptKind.DONE


def test_after_the_deadline_pods_that_still_wait_are_given_up(busy):
    """An interrupted spot instance ends two minutes after its notice, whoever is still on it."""
    deadline = busy.local.watch.now() + timedelta(seconds=120)
    params = Params(zone="us-east-1a", deadline=deadline.isoformat())
    budget(busy)
    changes = plan(busy, ACTION, params)
    assert changes
    busy.local.watch.sleep(121)
    assert ACTION.select(busy.clients, params).notes == (
        f"the deadline {params.deadline} is over.",
    )
    seen = ACTION.observe(busy.clients, params, [each.resource for each in changes])
    late = [Change(e.resource, seen[e.resource], e.after) for e in changes]
    count = busy.mutations()
    receipts = send(busy, ACTION, *late)
    assert {each.kind for each in receipts.values()} == {ReceiptKind.REJECTED}
    assert busy.mutations() == count


def test_a_deadline_that_is_no_time_is_refused(busy):
    with pytest.raises(RefusedError, match="'soon' is not a time"):
        ACTION.select(busy.clients, Params(zone="us-east-1a", deadline="soon"))
