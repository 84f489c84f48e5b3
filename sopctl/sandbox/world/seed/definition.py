"""The definition of a cluster-scoped custom resource, of one version with a status."""

from __future__ import annotations

from sopctl.sandbox.world.ports import Obj

OPEN: Obj = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
"""A schema that takes any object."""


def definition(group: str, kind: str, plural: str, schema: Obj) -> Obj:
    """Of version v1, which is served and stored."""
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "scope": "Cluster",
            "versions": [version],
        },
    }
