from __future__ import annotations

from sopctl.checks.ready.cluster.headroom import CHECK, Params
from tests.checks.ready.placing import put
from tests.fakes.crds import crd


def test_room_is_kept_in_every_zone_or_it_is_said_where_not(stage):
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == "no room is kept back"
    put(stage, "pause-a", "a0", "pause", priority=-5)
    put(stage, "pause-b", "b0", "pause", priority=-5)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("none of them is in us-east-1c",)
    put(stage, "pause-c", "c1", "pause", priority=-5)
    assert CHECK.look(stage.clients, Params()).holds


def test_what_the_autoscaler_ignores_keeps_nothing_back(stage):
    put(stage, "pause-a", "a0", "pause", priority=-100)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("1 pods have a priority below -10",)


def test_a_buffer_is_room_as_well(stage):
    body = crd(
        "autoscaling.x-k8s.io", "v1beta1", "CapacityBuffer", "capacitybuffers", namespaced=True
    )
    stage.cluster.create("customresourcedefinitions", body)
    made = {"apiVersion": "autoscaling.x-k8s.io/v1beta1", "kind": "CapacityBuffer"}
    made |= {"metadata": {"name": "room", "namespace": "shop"}, "spec": {"replicas": 3}}
    stage.cluster.create("capacitybuffers", made)
    assert CHECK.look(stage.clients, Params()).holds
