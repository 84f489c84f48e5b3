from __future__ import annotations

from sopctl.checks.ready.cluster.webhooks import CHECK, Params
from tests.checks.ready.placing import put


def _webhook(stage, name, **fields):
    service = {"namespace": "shop", "name": name}
    hook = {
        "name": f"{name}.example.com",
        "clientConfig": {"service": service},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
            }
        ],
        **fields,
    }
    body = {"metadata": {"name": name}, "webhooks": [hook]}
    stage.cluster.create("validatingwebhookconfigurations", body)


def _service(stage, name):
    spec = {"selector": {"app": name}, "ports": [{"port": 443}]}
    body = {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}
    stage.cluster.create("services", body)


def test_ready_pods_in_two_zones_hold_and_in_one_do_not(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    put(stage, "guard-1", "a0", "guard")
    put(stage, "guard-2", "a1", "guard")
    _service(stage, "guard")
    _webhook(stage, "guard")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("guard: 2 ready pods of shop/guard, in us-east-1a",)
    put(stage, "guard-3", "b0", "guard")
    assert CHECK.look(stage.clients, Params()).holds


def test_a_service_that_is_not_there_answers_from_nowhere(stage):
    _webhook(stage, "gone")
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.rows == ("gone: 0 ready pods of shop/gone, in no zone",)


def test_what_may_be_ignored_or_is_outside_is_left_out(stage):
    _webhook(stage, "soft", failurePolicy="Ignore")
    _webhook(stage, "far", clientConfig={"url": "https://guard.example.com"})
    assert not CHECK.look(stage.clients, Params()).applies
