"""Definitions of custom resources as short as they can be, for tests."""

from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj


def crd(group: str, version: str, kind: str, plural: str, *, namespaced: bool) -> Obj:
    """A definition that takes any object."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {
        "name": version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": [served],
        },
    }
