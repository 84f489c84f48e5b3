from __future__ import annotations

import pytest

from sopctl.actions.k8s.hpa_scale_down import ACTION, DEFAULT_SCALE_UP, Params, ScaleDown
from sopctl.core.action import Change, ReceiptKind
from tests import laws
from tests.actions.k8s.stage import apply, inverse, look, plan, send

ALL = Params()
PERCENT = {"type": "Percent", "value": 100, "periodSeconds": 15}
DEFAULT_SCALE_DOWN = {"selectPolicy": "Max", "policies": [PERCENT]}
BEHAVIORS = {
    "absent": None,
    "scale-up only": {"scaleUp": DEFAULT_SCALE_UP},
    "as the API fills it in": {"scaleUp": DEFAULT_SCALE_UP, "scaleDown": DEFAULT_SCALE_DOWN},
    "the operator's own": {
        "scaleUp": {"selectPolicy": "Disabled"},
        "scaleDown": {"stabilizationWindowSeconds": 60, "selectPolicy": "Min"},
    },
}


def hpa(name="web", behavior=None, **metadata):
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": 2,
        "maxReplicas": 9,
    }
    if behavior is not None:
        spec["behavior"] = behavior
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "spec": spec,
    }


def create(stage, obj):
    return stage.cluster.create("horizontalpodautoscalers", obj)


def spec(stage, name="web"):
    return stage.cluster.get("horizontalpodautoscalers", name, "shop")["spec"]


@pytest.mark.parametrize("behavior", BEHAVIORS.values(), ids=BEHAVIORS)
def test_it_keeps_the_laws_whatever_stood_there(stage, behavior):
    create(stage, hpa(behavior=behavior))
    laws.prove(ACTION, stage, ALL)


@pytest.mark.parametrize("behavior", BEHAVIORS.values(), ids=BEHAVIORS)
def test_scaling_down_is_disabled_and_nothing_else_changes(stage, behavior):
    create(stage, hpa(behavior=behavior))
    before = spec(stage).get("behavior") or {}
    apply(stage, ACTION, plan(stage, ACTION, ALL))
    after = spec(stage)["behavior"]
    frozen = {**(before.get("scaleDown") or DEFAULT_SCALE_DOWN), "selectPolicy": "Disabled"}
    assert after == {"scaleUp": before.get("scaleUp", DEFAULT_SCALE_UP), "scaleDown": frozen}


def test_what_the_api_server_fills_in_does_not_count_as_a_difference(stage):
    create(stage, hpa())
    (change,) = plan(stage, ACTION, ALL)
    apply(stage, ACTION, [change])
    seen = look(stage, ACTION, change)[change.resource].state
    assert seen != change.after
    assert ACTION.satisfies(change.after, seen)


def test_scale_up_rules_that_somebody_set_meanwhile_are_not_removed(stage):
    create(stage, hpa())
    changes = plan(stage, ACTION, ALL)
    apply(stage, ACTION, changes)
    theirs = {"behavior": {"scaleUp": {"selectPolicy": "Disabled"}}}
    stage.cluster.patch("horizontalpodautoscalers", "web", {"spec": theirs}, "shop")
    (receipt,) = send(stage, ACTION, *inverse(stage, ACTION, changes)).values()
    assert receipt.kind is ReceiptKind.REJECTED
    assert "shop/web" in receipt.why
    assert spec(stage)["behavior"]["scaleUp"]["selectPolicy"] == "Disabled"


def test_going_back_is_exact():
    before = ScaleDown(behavior=True, select_policy="Max")
    filled = ScaleDown(behavior=True, select_policy="Max", others='{"tolerance":"0.1"}')
    assert not ACTION.satisfies(before, filled)


def test_one_that_is_frozen_already_is_left_alone(stage):
    create(stage, hpa(behavior={"scaleDown": {"selectPolicy": "Disabled"}}))
    assert plan(stage, ACTION, ALL) == []


def test_one_that_keda_writes_is_left_with_a_note(stage):
    owner = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "name": "web",
        "uid": "u-1",
        "controller": True,
    }
    create(stage, hpa(ownerReferences=[owner]))
    selection = ACTION.select(stage.clients, ALL)
    assert selection.ids == ()
    assert selection.population == 1
    assert "ScaledObject" in selection.notes[0]


def test_one_that_gitops_keeps_is_frozen_with_a_note(stage):
    create(stage, hpa(labels={"argocd.argoproj.io/instance": "shop"}))
    selection = ACTION.select(stage.clients, ALL)
    assert len(selection.ids) == 1
    assert "Argo CD" in selection.notes[0]


def test_it_can_be_kept_to_namespaces_and_labels(stage):
    create(stage, hpa("web", labels={"tier": "front"}))
    create(stage, hpa("api"))
    assert ACTION.select(stage.clients, Params(namespaces=("other",))).ids == ()
    found = ACTION.select(stage.clients, Params(labels={"tier": "front"})).ids
    assert [each.name for each in found] == ["shop/web"]


def test_a_namespace_that_has_none_is_named_in_a_note(stage):
    create(stage, hpa("web"))
    found = ACTION.select(stage.clients, Params(namespaces=("shop", "shpo")))
    assert [each.name for each in found.ids] == ["shop/web"]
    assert found.notes == ("there is no autoscaler in a namespace 'shpo': is the name right?",)


def test_a_change_by_somebody_else_between_plan_and_write_is_a_conflict(stage):
    create(stage, hpa(behavior={"scaleDown": {"selectPolicy": "Max"}}))
    (change,) = plan(stage, ACTION, ALL)
    theirs = {"behavior": {"scaleDown": {"selectPolicy": "Min"}}}
    stage.cluster.patch("horizontalpodautoscalers", "web", {"spec": theirs}, "shop")
    # Even without the version: the value itself is tested.
    blind = Change(change.resource, type(change.before)(change.before.state), change.after)
    (receipt,) = send(stage, ACTION, blind).values()
    assert receipt.kind is ReceiptKind.CONFLICT
    assert spec(stage)["behavior"]["scaleDown"]["selectPolicy"] == "Min"
