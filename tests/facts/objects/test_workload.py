from __future__ import annotations

import pytest

from sopctl.facts.objects import workload


def deployment(replicas=3, generation=2, **status):
    return {
        "metadata": {"name": "web", "namespace": "shop", "generation": generation},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": []}}},
        "status": {"observedGeneration": 2, **status},
    }


DONE = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3}


@pytest.mark.parametrize(
    ("status", "done"),
    [
        (DONE, True),
        ({**DONE, "observedGeneration": 1}, False),
        ({**DONE, "updatedReplicas": 2}, False),
        ({**DONE, "replicas": 4}, False),
        ({**DONE, "readyReplicas": 2}, False),
    ],
)
def test_a_rollout_is_over_when_kubectl_says_so(status, done):
    assert workload.read("k8s.deployment", deployment(**status)).rolled_out is done


@pytest.mark.parametrize(
    ("strategy", "rolls"),
    [
        ({}, True),
        ({"type": "OnDelete"}, False),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}, False),
        ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, True),
    ],
)
def test_a_stateful_set_may_keep_its_pods_when_its_template_changes(strategy, rolls):
    obj = deployment()
    obj["spec"]["updateStrategy"] = strategy
    assert workload.read("k8s.statefulset", obj).rolls is rolls


def test_no_replicas_is_not_the_default_of_one():
    assert workload.read("k8s.deployment", deployment(replicas=0)).replicas == 0
    obj = deployment()
    del obj["spec"]["replicas"]
    assert workload.read("k8s.deployment", obj).replicas == 1


def test_a_claim_of_a_stateful_set_is_known_by_its_beginning():
    obj = deployment()
    obj["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}}]
    held = workload.read("k8s.statefulset", obj)
    volumes = {"shop/data-web-0": frozenset({"a"}), "shop/data-other-0": frozenset({"b"})}
    assert "volume" in workload.pinned(held, "a", volumes)
    assert workload.pinned(held, "b", volumes) == ""


def test_a_volume_of_two_zones_holds_nobody():
    obj = deployment()
    claim = {"persistentVolumeClaim": {"claimName": "data"}}
    obj["spec"]["template"]["spec"]["volumes"] = [claim]
    held = workload.read("k8s.deployment", obj)
    assert workload.pinned(held, "a", {"shop/data": frozenset({"a", "b"})}) == ""
