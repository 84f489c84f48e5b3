from __future__ import annotations

import pytest

from sopctl.actions.k8s.spread_kyverno import ACTION, POLICY, Params, spec
from sopctl.sandbox.world.seed import admission
from tests import laws
from tests.actions.k8s.stage import plan, send
from tests.fakes.workloads import pod, pod_spec, spread

POLICIES = "mutatingpolicies.policies.kyverno.io"


@pytest.fixture
def kyverno(stage):
    for resource, obj in admission.kyverno():
        stage.cluster.create(resource, obj)
    return stage


def rules(stage, name):
    spec = pod_spec(topologySpreadConstraints=[spread("web")])
    made = stage.cluster.create("pods", pod(name, spec, app="web"))
    return [one["whenUnsatisfiable"] for one in made["spec"].get("topologySpreadConstraints", [])]


def test_installing_keeps_the_laws(kyverno):
    laws.prove(ACTION, kyverno, Params())


def test_it_does_nothing_until_it_is_switched_on(kyverno):
    send(kyverno, ACTION, *plan(kyverno, ACTION, Params()))
    assert rules(kyverno, "before") == ["DoNotSchedule"]
    on = {"spec": {"evaluation": {"admission": {"enabled": True}}}}
    kyverno.cluster.patch(POLICIES, POLICY.name, on)
    assert rules(kyverno, "after") == []


def test_one_that_is_on_stays_on_when_it_is_mended(kyverno):
    old = {"failurePolicy": "Fail", "evaluation": {"admission": {"enabled": True}}}
    kyverno.cluster.create(POLICIES, {"metadata": {"name": POLICY.name}, "spec": old})
    laws.prove(ACTION, kyverno, Params())
    send(kyverno, ACTION, *plan(kyverno, ACTION, Params()))
    found = kyverno.cluster.get(POLICIES, POLICY.name)["spec"]
    assert found["evaluation"] == {"admission": {"enabled": True}, "background": {"enabled": False}}
    assert found["failurePolicy"] == "Ignore"


def test_templates_of_owners_are_never_rewritten():
    """Kyverno generates rules for them unless a policy names no controllers."""
    assert spec(Params())["autogen"] == {"podControllers": {"controllers": []}}


def test_where_it_is_not_installed_there_is_nothing_to_do(stage):
    chosen = ACTION.select(stage.clients, Params())
    assert chosen.ids == ()
    assert "not installed" in chosen.notes[0]
