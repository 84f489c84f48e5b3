from __future__ import annotations

import pytest

from sopctl.actions.k8s.capacity_buffer import ACTION, CONDITIONS, Params
from sopctl.core.action import Change
from sopctl.core.errors import RefusedError
from tests import laws
from tests.actions.k8s.stage import effect, plan
from tests.fakes.crds import crd
from tests.fakes.workloads import deployment

BUFFERS = "capacitybuffers.autoscaling.x-k8s.io"
WEB = Params(replicas=4, namespace="shop", workload="web")


@pytest.fixture
def buffers(stage):
    definition = crd(
        "autoscaling.x-k8s.io", "v1beta1", "CapacityBuffer", "capacitybuffers", namespaced=True
    )
    stage.cluster.create("customresourcedefinitions", definition)
    stage.cluster.create("deployments", deployment("web", 3))
    return stage


def own(stage, **spec):
    spec = {"scalableRef": {"apiGroup": "apps", "kind": "Deployment", "name": "web"}, **spec}
    body = {"metadata": {"name": "web-headroom", "namespace": "shop"}, "spec": spec}
    stage.cluster.create(BUFFERS, body)


@pytest.mark.parametrize(
    "there", [None, {"replicas": 2}, {"percentage": 10}], ids=["none", "number", "no number"]
)
def test_the_laws_hold(buffers, there):
    if there is not None:
        own(buffers, **there)
    laws.prove(ACTION, buffers, WEB)


def test_it_is_made_for_the_workload(buffers):
    laws.run(ACTION, buffers.clients, plan(buffers, ACTION, WEB))
    made = buffers.cluster.get(BUFFERS, "web-headroom", "shop")
    assert made["spec"] == {
        "provisioningStrategy": "buffer.x-k8s.io/active-capacity",
        "scalableRef": {"apiGroup": "apps", "kind": "Deployment", "name": "web"},
        "replicas": 4,
    }


def test_nobody_listens_until_the_conditions_say_so(buffers):
    changes = plan(buffers, ACTION, WEB)
    laws.run(ACTION, buffers.clients, changes)
    seen = effect(buffers, ACTION, WEB, changes)
    assert (seen.ok, "no autoscaler looks after it" in seen.detail) == (False, True)
    made = buffers.cluster.get(BUFFERS, "web-headroom", "shop")
    made["status"] = {"conditions": [{"type": each, "status": "True"} for each in CONDITIONS]}
    buffers.cluster.update(BUFFERS, made)
    assert effect(buffers, ACTION, WEB, changes).ok


def test_one_that_is_gone_needs_nobody(buffers):
    changes = plan(buffers, ACTION, WEB)
    back = [Change(each.resource, each.before, each.before.state) for each in changes]
    assert effect(buffers, ACTION, WEB, back).ok


def test_what_else_it_asks_for_is_told(buffers):
    own(buffers, replicas=2, percentage=10, limits={"cpu": "4"})
    first, second = ACTION.select(buffers.clients, WEB).notes
    assert "10 % of the workload" in first
    assert "its own limits hold" in second


@pytest.mark.parametrize(
    ("params", "what"),
    [
        (Params(replicas=1, namespace="shop", workload="nobody"), "no Deployment shop/nobody"),
        (Params(replicas=1, namespace="shop", workload="web", kind="Job"), "for a Job"),
        (Params(replicas=-1, namespace="shop", workload="web"), "never fewer than 0"),
    ],
)
def test_what_makes_no_sense_is_refused(buffers, params, what):
    with pytest.raises(RefusedError, match=what):
        ACTION.select(buffers.clients, params)


def test_a_cluster_without_them_says_so(stage):
    with pytest.raises(RefusedError, match="knows no CapacityBuffers"):
        ACTION.select(stage.clients, WEB)
