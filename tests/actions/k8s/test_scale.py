from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.actions.k8s.scale import ACTION, Params, needed
from sopctl.core.action import ReceiptKind
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.stage import effect, plan, send
from tests.fakes.workloads import deployment

WEB = {"namespace": "shop", "name": "web"}
SIX = Params(**WEB, replicas=6)


@pytest.fixture
def shop(stage):
    stage.cluster.create("deployments", deployment("web", 2))
    return stage


def replicas(stage):
    return stage.cluster.get("deployments", "web", "shop")["spec"]["replicas"]


def scaler(**metadata):
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop", **metadata},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "maxReplicas": 9,
        },
    }


@pytest.mark.parametrize("count", [0, 1, 6])
def test_it_keeps_the_laws_up_and_down_and_to_nothing(shop, count):
    laws.prove(ACTION, shop, Params(**WEB, replicas=count))


def test_a_stateful_set_is_scaled_through_the_same_door(stage):
    made = deployment("db", 3)
    spec = {**made["spec"], "serviceName": "db"}
    stage.cluster.create("statefulsets", {**made, "kind": "StatefulSet", "spec": spec})
    params = Params(kind="StatefulSet", namespace="shop", name="db", replicas=1)
    laws.prove(ACTION, stage, params)


def test_what_has_that_many_already_is_left_alone(shop):
    assert plan(shop, ACTION, Params(**WEB, replicas=2)) == []


def test_the_effect_is_that_the_pods_are_there(shop):
    shop.run()
    changes = plan(shop, ACTION, SIX)
    send(shop, ACTION, *changes)
    assert effect(shop, ACTION, SIX, changes).detail == "shop/web has 2 of 6 replicas"
    shop.run()
    assert effect(shop, ACTION, SIX, changes).ok


def test_one_that_an_autoscaler_scales_is_scaled_with_a_note(shop):
    shop.cluster.create("horizontalpodautoscalers", scaler())
    (note,) = ACTION.select(shop.clients, SIX).notes
    assert note == "shop/web is scaled by the autoscaler shop/web, which sets its own number again"
    (note,) = ACTION.select(shop.clients, Params(**WEB, replicas=0)).notes
    assert note.endswith("which pauses while there are 0")


def test_one_that_keda_scales_names_what_to_pause(shop):
    owner = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "name": "web",
        "uid": "u-1",
        "controller": True,
    }
    shop.cluster.create("horizontalpodautoscalers", scaler(ownerReferences=[owner]))
    assert "scaled by the ScaledObject web" in ACTION.select(shop.clients, SIX).notes[0]


def test_an_autoscaler_of_something_else_is_no_concern(shop):
    other = scaler()
    other["spec"]["scaleTargetRef"]["kind"] = "StatefulSet"
    shop.cluster.create("horizontalpodautoscalers", other)
    assert ACTION.select(shop.clients, SIX).notes == ()


def test_a_change_by_an_autoscaler_meanwhile_is_a_conflict_even_without_a_version(shop):
    (change,) = plan(shop, ACTION, SIX)
    shop.cluster.patch("deployments", "web", {"spec": {"replicas": 4}}, "shop")
    blind = replace(change, before=replace(change.before, version=""))
    (receipt,) = send(shop, ACTION, blind).values()
    assert receipt.kind is ReceiptKind.CONFLICT
    assert replicas(shop) == 4


def test_another_one_of_the_same_name_is_gone(shop):
    (change,) = plan(shop, ACTION, SIX)
    later = replace(change.resource, incarnation="another")
    assert ACTION.observe(shop.clients, SIX, [later]) == {}


@pytest.mark.parametrize(
    ("what", "message"),
    [({"replicas": -1}, "fewer than 0"), ({"replicas": 1, "name": ""}, "which objects")],
)
def test_what_makes_no_sense_is_refused(what, message):
    with pytest.raises(RefusedError, match=message):
        Params(**{**WEB, **what})


def test_what_cannot_be_scaled_is_refused(stage):
    params = Params(api_version="v1", kind="ConfigMap", **WEB, replicas=1)
    with pytest.raises(RefusedError, match="a ConfigMap cannot be scaled"):
        ACTION.select(stage.clients, params)


def test_it_needs_the_scale_of_what_its_step_names():
    assert needed({"name": "web"}) == (
        "k8s:get deployments.apps",
        "k8s:patch deployments.apps",
        "k8s:get deployments.apps/scale",
        "k8s:patch deployments.apps/scale",
    )
