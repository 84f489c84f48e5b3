"""The quick look at an object: it must never pass what the thorough one refuses."""

from __future__ import annotations

import pytest

from sopctl.sandbox.k8s import validate
from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.fitting import fits
from sopctl.sandbox.k8s.kinds import Registry
from sopctl.sandbox.k8s.objects import Json, Obj, clone
from tests.sandbox.k8s.clients import deployment

REGISTRY = Registry("1.36")
DEPLOYMENTS = REGISTRY.named("deployments")
WRONG: dict[str, tuple[tuple[str | int, ...], Json]] = {
    "an unknown field": (("spec", "sheep"), 1),
    "an unknown field deep inside": (("spec", "template", "spec", "containers", 0, "sheep"), 1),
    "a text for a number": (("spec", "replicas"), "3"),
    "a flag for a number": (("spec", "replicas"), True),
    "a fraction for a number": (("spec", "replicas"), 1.5),
    "an object for a list": (("spec", "template", "spec", "containers"), {}),
    "a list for an object": (("spec", "template"), []),
    "null in a list": (("spec", "template", "spec", "containers", 0), None),
    "no time": (("metadata", "creationTimestamp"), "yesterday"),
    "a number for a time": (("metadata", "creationTimestamp"), 7),
    "a required field that is missing": (("spec", "selector"), None),
    "an object for a number or text": (
        ("spec", "strategy", "rollingUpdate", "maxSurge"),
        {"of": "all"},
    ),
}


def whole() -> Obj:
    body = clone(deployment())
    body |= {"apiVersion": "apps/v1", "kind": "Deployment"}
    body["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}
    return body


def changed(path: tuple[str | int, ...], value: Json) -> Obj:
    body = whole()
    place: Json = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body


def test_what_is_right_passes_at_once():
    assert fits(DEPLOYMENTS.schema, whole(), None)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_left_to_the_thorough_look(name: str):
    body = changed(*WRONG[name])
    assert not fits(DEPLOYMENTS.schema, body, None)
    try:
        found = validate.check_structure(DEPLOYMENTS, body, None)
    except ApiError:
        return
    assert found.unknown


def test_a_part_that_is_the_stored_one_is_trusted():
    old = changed(("spec", "sheep"), 1)
    assert fits(DEPLOYMENTS.schema, {**old, "kind": "Deployment"}, old)


def test_nothing_is_required_of_a_status():
    body = {**whole(), "status": {"conditions": [{"type": "Available", "status": "True"}]}}
    assert fits(DEPLOYMENTS.schema, body, None)
    body["spec"] = {**body["spec"], "template": {"spec": {}}}
    assert not fits(DEPLOYMENTS.schema, body, None)
