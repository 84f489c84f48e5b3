from __future__ import annotations

from sopctl.checks.ready.workloads.scaling import CHECK, Params


def _hpa(name, least, **behavior):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": 9}
    metadata = {"name": name, "namespace": "shop"}
    return {"metadata": metadata, "spec": spec | ({"behavior": behavior} if behavior else {})}


def test_a_minimum_of_one_and_silence_about_scaling_down_are_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    down = {"stabilizationWindowSeconds": 600}
    stage.cluster.create("horizontalpodautoscalers", _hpa("web", 2, scaleDown=down))
    assert CHECK.look(stage.clients, Params()).holds
    stage.cluster.create("horizontalpodautoscalers", _hpa("api", 1))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == (
        "shop/api may go down to 1",
        "shop/api says nothing about scaling down",
    )
