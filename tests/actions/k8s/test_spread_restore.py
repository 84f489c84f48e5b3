from __future__ import annotations

import pytest

from sopctl.actions.k8s.spread_restore import ACTION, Params
from sopctl.core.action import Change, ReceiptKind, Undo
from tests import laws
from tests.actions.k8s.stage import apply, effect, inverse, plan, send
from tests.fakes.workloads import deployment, pod_spec, spread

EVEN = Params()
TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def cordon(stage, zone="c", *, on=True):
    for name in (f"{zone}0", f"{zone}1"):
        made = stage.cluster.get("nodes", name)
        made["spec"] = {**made["spec"], "unschedulable": on, "taints": [TAINT] if on else []}
        stage.cluster.update("nodes", made)


def workload(stage, name="web", replicas=6, spec=None, **constraint):
    said = [spread(name, nodeTaintsPolicy="Honor", **constraint)]
    given = {**(spec or pod_spec()), "topologySpreadConstraints": said}
    stage.cluster.create("deployments", deployment(name, replicas, given))


def counts(stage, app="web"):
    zones = [stage.zone_of(e) for e in stage.pods() if e["metadata"]["labels"]["app"] == app]
    return {zone[-1]: zones.count(zone) for zone in sorted(set(zones))}


@pytest.fixture
def uneven(stage):
    """Six pods in two zones, and a third that has come back."""
    cordon(stage)
    workload(stage)
    stage.run()
    cordon(stage, on=False)
    assert counts(stage) == {"a": 3, "b": 3}
    return stage


def test_the_laws_hold_and_only_what_is_too_much_leaves(stage):
    cordon(stage)
    workload(stage, "web", 5)
    workload(stage, "cart", 4)
    stage.run()
    cordon(stage, on=False)
    proof = laws.prove(ACTION, stage, EVEN)
    assert len(proof.selection.ids) == 2  # 3, 2, 0 and 2, 2, 0
    assert ACTION.undo is Undo.OWNER_RECREATES
    assert ACTION.consent(EVEN) == ""


def test_one_leaves_and_the_next_waits_until_it_is_ready_elsewhere(uneven):
    first, second = plan(uneven, ACTION, EVEN)
    assert [len(batch) for batch in ACTION.order([first, second])] == [1, 1]
    assert send(uneven, ACTION, first)[first.resource].kind is ReceiptKind.DONE
    for _ in range(2):
        waits = send(uneven, ACTION, second)[second.resource]
        assert (waits.kind, waits.why) == (
            ReceiptKind.NOT_YET,
            "5 of 6 pods of shop/web are ready",
        )
        uneven.run(1)
    uneven.run()
    assert send(uneven, ACTION, second)[second.resource].kind is ReceiptKind.DONE
    uneven.run()
    assert counts(uneven) == {"a": 2, "b": 2, "c": 2}
    seen = effect(uneven, ACTION, EVEN, [first, second])
    assert seen.ok
    assert seen.detail == "shop/web: us-east-1a 2, us-east-1b 2, us-east-1c 2"


def test_the_plan_says_how_uneven_it_is(uneven):
    (note,) = ACTION.select(uneven.clients, EVEN).notes
    assert note == "shop/web: us-east-1a 3, us-east-1b 3, us-east-1c 0; 2 pods leave."
    assert not effect(uneven, ACTION, EVEN, plan(uneven, ACTION, EVEN)).ok


def test_a_pod_that_is_not_too_many_any_more_stays(uneven):
    changes = plan(uneven, ACTION, EVEN)
    cordon(uneven)  # the zone is gone again: the others have their share
    for each in changes:
        seen = ACTION.observe(uneven.clients, EVEN, [each.resource])[each.resource]
        assert ACTION.desire(EVEN, each.resource, seen) == seen.state
    sent = uneven.mutations()
    fresh = ACTION.observe(uneven.clients, EVEN, [each.resource for each in changes])
    stay = [Change(e.resource, fresh[e.resource], fresh[e.resource].state) for e in changes]
    assert {r.kind for r in send(uneven, ACTION, *stay).values()} == {ReceiptKind.DONE}
    assert uneven.mutations() == sent


def test_a_budget_is_kept(uneven):
    spec = {"minAvailable": 6, "selector": {"matchLabels": {"app": "web"}}}
    meta = {"name": "web", "namespace": "shop"}
    made = uneven.cluster.create("poddisruptionbudgets", {"metadata": meta, "spec": spec})
    made["status"] = {
        "disruptionsAllowed": 0,
        "currentHealthy": 6,
        "desiredHealthy": 6,
        "expectedPods": 6,
        "observedGeneration": made["metadata"].get("generation", 1),
    }
    uneven.cluster.update("poddisruptionbudgets", made, subresource="status")
    change, _ = plan(uneven, ACTION, EVEN)
    receipt = send(uneven, ACTION, change)[change.resource]
    assert receipt.kind is ReceiptKind.NOT_YET
    assert len(uneven.pods("Running")) == 6


def test_two_budgets_for_a_pod_are_not_tried(uneven):
    for name in ("one", "two"):
        spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
        meta = {"name": name, "namespace": "shop"}
        uneven.cluster.create("poddisruptionbudgets", {"metadata": meta, "spec": spec})
    change, _ = plan(uneven, ACTION, EVEN)
    receipt = send(uneven, ACTION, change)[change.resource]
    assert receipt.kind is ReceiptKind.REJECTED
    assert "shop/one, shop/two" in receipt.why


def test_local_data_stays_unless_it_may_be_lost(stage):
    cordon(stage)
    workload(stage, spec=pod_spec(volumes=[{"name": "tmp", "emptyDir": {}}]))
    stage.run()
    cordon(stage, on=False)
    selection = ACTION.select(stage.clients, EVEN)
    assert selection.ids == ()
    assert selection.notes[0].endswith("0 pods leave, of 2 that should.")
    lossy = Params(delete_empty_dir=True)
    assert len(ACTION.select(stage.clients, lossy).ids) == 2
    assert ACTION.consent(lossy)


def test_what_only_prefers_to_be_spread_is_left_unless_asked_for(stage):
    cordon(stage)
    workload(stage, whenUnsatisfiable="ScheduleAnyway")
    stage.run()
    cordon(stage, on=False)
    assert ACTION.select(stage.clients, EVEN).ids == ()
    assert len(ACTION.select(stage.clients, Params(soft=True)).ids) == 2


def test_an_affinity_that_may_keep_them_from_a_zone_is_left(stage):
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "Exists"}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    cordon(stage)
    workload(stage, spec=pod_spec(affinity={"nodeAffinity": required}))
    stage.run()
    cordon(stage, on=False)
    (note,) = ACTION.select(stage.clients, EVEN).notes
    assert note.endswith("left alone, because its node affinity may keep it from zones.")


def test_a_rollout_on_its_way_is_left(uneven):
    made = uneven.cluster.get("deployments", "web", "shop")
    made["spec"]["replicas"] = 7
    uneven.cluster.update("deployments", made)
    (note,) = ACTION.select(uneven.clients, EVEN).notes
    assert note.endswith("left alone, because its rollout is not finished.")


def test_namespaces_can_be_left_out(uneven):
    assert ACTION.select(uneven.clients, Params(except_namespaces=("shop",))).ids == ()


def test_there_is_no_way_back_and_none_is_needed(uneven):
    changes = plan(uneven, ACTION, EVEN)
    apply(uneven, ACTION, changes[:1])
    (back,) = inverse(uneven, ACTION, changes[:1])
    assert send(uneven, ACTION, back)[back.resource].kind is ReceiptKind.REJECTED
