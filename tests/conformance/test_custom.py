"""What the official client relies on: custom resources, which are cluster-wide by nature."""

from __future__ import annotations

import pytest

from tests.conformance.manifests import MERGE, STRATEGIC
from tests.conformance.place import eventually

pytestmark = pytest.mark.cluster_wide("creates a CustomResourceDefinition")
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Widgets:
    """A custom resource of this probe alone, in a group of its own."""

    def __init__(self, kube):
        self.kube = kube
        self.group = f"{kube.namespace}.example.com"
        self.path = f"/apis/{self.group}/v1/namespaces/{kube.namespace}/widgets"

    def define(self, plural, kind, scope, versions):
        names_ = {"plural": plural, "kind": kind}
        spec = {"group": self.group, "scope": scope, "names": names_, "versions": versions}
        self.definition = f"{CRDS}/{plural}.{self.group}"
        meta = {"name": f"{plural}.{self.group}"}
        self.kube("POST", CRDS, {"metadata": meta, "spec": spec})
        path = f"/apis/{self.group}/{versions[-1]['name']}"
        eventually(lambda: self.kube.exists(path))

    def remove(self):
        if self.kube.exists(self.definition):
            self.kube("DELETE", self.definition)


@pytest.fixture
def custom(kube):
    custom = Widgets(kube)
    yield custom
    custom.remove()


@pytest.fixture
def widgets(custom):
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": {"type": "integer", "minimum": 1},
                    "mode": {"type": "string", "default": "auto", "enum": ["auto", "manual"]},
                },
            },
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}
    custom.define(
        "widgets", "Widget", "Namespaced", [{**version, "schema": {"openAPIV3Schema": schema}}]
    )
    return custom


def test_a_custom_resource_is_served_and_gone_with_its_definition(kube, widgets):
    created = kube("POST", widgets.path, widget(widgets, size=2))
    assert created["spec"] == {"size": 2, "mode": "auto"}
    assert created["apiVersion"] == f"{widgets.group}/v1"
    widgets.remove()
    eventually(lambda: kube.exists(widgets.path), wanted=False)


def widget(widgets, **spec):
    head = {"apiVersion": f"{widgets.group}/v1", "kind": "Widget"}
    return head | {"metadata": {"name": "w"}, "spec": spec}


@pytest.mark.parametrize("spec", [{}, {"size": 0}, {"size": "big"}, {"size": 1, "mode": "x"}])
def test_a_custom_resource_is_checked_by_its_schema(kube, widgets, spec):
    assert kube.refused("POST", widgets.path, widget(widgets, **spec))["code"] == 422


def test_a_custom_resource_knows_no_strategic_patch(kube, widgets):
    kube("POST", widgets.path, widget(widgets, size=2))
    change = {"spec": {"size": 3}}
    path = f"{widgets.path}/w"
    assert kube.refused("PATCH", path, change, media=STRATEGIC)["code"] == 415
    assert kube("PATCH", path, change, media=MERGE)["spec"]["size"] == 3


def test_versions_of_a_custom_resource_share_their_objects(kube, custom):
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}
    both = [
        {"name": name, "served": True, "storage": name == "v1", "schema": schema}
        | {"subresources": {"scale": scale}}
        for name in ("v1beta1", "v1")
    ]
    custom.define("pools", "Pool", "Cluster", both)
    root = f"/apis/{custom.group}"
    body = {"apiVersion": f"{custom.group}/v1beta1", "kind": "Pool", "metadata": {"name": "p"}}
    kube("POST", f"{root}/v1beta1/pools", body | {"spec": {"size": 1}})
    for version in ("v1beta1", "v1"):
        found = kube("GET", f"{root}/{version}/pools")["items"]
        assert [item["apiVersion"] for item in found] == [f"{custom.group}/{version}"]
    assert kube("GET", root)["preferredVersion"]["version"] == "v1"
    kube("PATCH", f"{root}/v1/pools/p/scale", {"spec": {"replicas": 4}}, media=MERGE)
    assert kube("GET", f"{root}/v1beta1/pools/p")["spec"]["size"] == 4
