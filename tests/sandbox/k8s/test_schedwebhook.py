"""A scheduling webhook with two templates, of which one object binds one."""

from __future__ import annotations

import pytest

from sopctl.sandbox.world.seed import admission
from tests.sandbox.k8s.clients import pod, spread

BINDINGS = f"policybindings.{admission.WEBHOOK}"


@pytest.fixture
def webhook(cluster):
    for resource, obj in admission.webhook():
        cluster.create(resource, obj)
    return cluster


def web(**more):
    made = pod(**more)
    made["metadata"]["labels"] = {"app": "web"}
    return made


def constraints(obj):
    return [
        (one["topologyKey"].rpartition("/")[2], one["whenUnsatisfiable"])
        for one in obj["spec"].get("topologySpreadConstraints") or ()
    ]


def test_new_pods_get_what_the_bound_template_says(webhook):
    made = webhook.create("pods", web(name="web-1"))
    assert constraints(made) == [("zone", "DoNotSchedule")]
    (one,) = made["spec"]["topologySpreadConstraints"]
    assert one["labelSelector"] == {"matchLabels": {"app": "web"}}
    webhook.patch(BINDINGS, "default", {"spec": {"template": "soft"}})
    assert constraints(webhook.create("pods", web(name="web-2"))) == [("zone", "ScheduleAnyway")]
    stored = webhook.get("pods", "web-1", "default")
    assert constraints(stored) == [("zone", "DoNotSchedule")]


def test_what_a_pod_says_of_other_keys_stays(webhook):
    own = [spread(), spread(key="kubernetes.io/hostname")]
    made = webhook.create("pods", web(topologySpreadConstraints=own))
    assert constraints(made) == [("hostname", "DoNotSchedule"), ("zone", "DoNotSchedule")]


def test_the_system_and_pods_of_no_app_are_left_alone(webhook):
    assert constraints(webhook.create("pods", web(namespace="kube-system"))) == []
    nameless = pod(name="web-2")
    nameless["metadata"]["labels"] = {}
    assert constraints(webhook.create("pods", nameless)) == []


def test_without_a_binding_or_its_template_nothing_is_added(webhook):
    webhook.patch(BINDINGS, "default", {"spec": {"template": "gone"}})
    assert constraints(webhook.create("pods", web())) == []
    webhook.delete(BINDINGS, "default")
    assert constraints(webhook.create("pods", web(name="web-2"))) == []
