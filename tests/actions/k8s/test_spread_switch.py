from __future__ import annotations

import pytest

from sopctl.actions.k8s.spread_kyverno import Params as Policy
from sopctl.actions.k8s.spread_kyverno import spec
from sopctl.actions.k8s.spread_switch import ACTION, Params
from sopctl.core.action import Change
from sopctl.core.errors import RefusedError
from sopctl.sandbox.world.seed import admission
from tests import laws
from tests.actions.k8s.stage import effect, plan, send
from tests.fakes.workloads import deployment, pod_spec, spread

WEBHOOK = Params(switch=f"{admission.WEBHOOK}/v1 PolicyBinding default /spec/template=soft")
KYVERNO = Params(
    switch=f"{admission.KYVERNO}/v1 MutatingPolicy sopctl-relax-spread"
    " /spec/evaluation/admission/enabled=true"
)


@pytest.fixture
def webhook(stage):
    for resource, obj in admission.webhook():
        stage.cluster.create(resource, obj)
    stage.cluster.create("deployments", deployment("web", 3))
    return stage


@pytest.fixture
def kyverno(stage):
    for resource, obj in admission.kyverno():
        stage.cluster.create(resource, obj)
    body = {"metadata": {"name": "sopctl-relax-spread"}, "spec": spec(Policy())}
    stage.cluster.create(f"mutatingpolicies.{admission.KYVERNO}", body)
    hard = pod_spec(topologySpreadConstraints=[spread("web")])
    stage.cluster.create("deployments", deployment("web", 3, hard))
    return stage


def test_a_switch_keeps_the_laws(webhook):
    laws.prove(ACTION, webhook, WEBHOOK)


def test_the_one_of_kyverno_too(kyverno):
    laws.prove(ACTION, kyverno, KYVERNO)


@pytest.mark.parametrize(("world", "params"), [("webhook", WEBHOOK), ("kyverno", KYVERNO)])
def test_admission_tells_whether_it_worked_there_and_back(request, world, params):
    stage = request.getfixturevalue(world)
    (change,) = plan(stage, ACTION, params)
    assert effect(stage, ACTION, params, [change]).detail.endswith("is still admitted hard")
    send(stage, ACTION, change)
    seen = effect(stage, ACTION, params, [change])
    assert (seen.ok, seen.detail) == (True, "1 probe pods were admitted relaxed")

    now = ACTION.observe(stage.clients, params, [change.resource])[change.resource]
    back = Change(change.resource, now, change.before.state)
    assert effect(stage, ACTION, params, [back]).detail == "no probe pod is admitted hard again"
    send(stage, ACTION, back)
    assert effect(stage, ACTION, params, [back]).detail == "1 of 1 are hard again"


def test_a_switch_that_is_not_there_is_told(stage):
    gone = Params(switch="v1 ConfigMap kube-system/scheduling /data/bound=soft")
    chosen = ACTION.select(stage.clients, gone)
    assert (chosen.ids, chosen.notes) == ((), ("there is no ConfigMap scheduling",))


@pytest.mark.parametrize(
    "text",
    ["", "v1 ConfigMap a/b", "v1 ConfigMap a/b data/x=y", "v1 ConfigMap a/b /data/x", "a b c d=e"],
)
def test_a_text_that_is_no_switch_is_refused(text):
    with pytest.raises(RefusedError, match="is no switch"):
        Params(switch=text)


def test_values_are_json_where_they_are_some():
    assert KYVERNO.parsed.soft is True
    assert WEBHOOK.parsed.soft == "soft"


def test_it_needs_the_kind_of_the_switch():
    assert ACTION.permissions_of({"switch": KYVERNO.switch}) == (
        "k8s:get mutatingpolicies.policies.kyverno.io",
        "k8s:patch mutatingpolicies.policies.kyverno.io",
    )
    assert ACTION.permissions_of({"switch": "${{ params.x }}"}) == ()
