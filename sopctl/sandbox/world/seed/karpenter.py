"""Karpenter as its chart installs it: definitions, the controller, and NodePools of a scenario.

The definitions validate what runbooks write: budgets, limits and requirements.
Source: kubernetes-sigs/karpenter, pkg/apis/crds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sopctl.sandbox.scenario.inhabitants import NodePool, WorldShape
from sopctl.sandbox.world.karpenter.pools import AUTO_MODE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.seed.definition import OPEN, definition
from sopctl.sandbox.world.seed.system import deployment
from sopctl.sandbox.world.seed.workloads import HOSTNAME, Written

GROUP = "karpenter.sh"
_NAME = "karpenter"
_BUDGET: Obj = {
    "type": "object",
    "required": ["nodes"],
    "properties": {
        "nodes": {"type": "string", "pattern": r"^((100|[0-9]{1,2})%|[0-9]+)$", "default": "10%"},
        "reasons": {"type": "array", "items": {"type": "string"}, "maxItems": 50},
        "schedule": {"type": "string"},
        "duration": {"type": "string"},
    },
}
_REQUIREMENT: Obj = {
    "type": "object",
    "required": ["key", "operator"],
    "properties": {
        "key": {"type": "string", "maxLength": 316},
        "operator": {
            "type": "string",
            "enum": ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte"],
        },
        "values": {
            "type": "array",
            "items": {"type": "string"},
            "x-kubernetes-list-type": "atomic",
        },
        "minValues": {"type": "integer", "minimum": 1, "maximum": 50},
    },
}


def _atomic(items: Obj, most: int) -> Obj:
    return {"type": "array", "items": items, "maxItems": most, "x-kubernetes-list-type": "atomic"}


_NODEPOOL: Obj = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "required": ["template"],
            "properties": {
                "weight": {"type": "integer", "minimum": 1, "maximum": 100},
                "limits": {
                    "type": "object",
                    "additionalProperties": {"x-kubernetes-int-or-string": True},
                },
                "disruption": {
                    "type": "object",
                    "properties": {
                        "budgets": _atomic(_BUDGET, 50),
                        "consolidateAfter": {
                            "type": "string",
                            "pattern": r"^(([0-9]+(s|m|h))+|Never)$",
                        },
                        "consolidationPolicy": {
                            "type": "string",
                            "enum": ["WhenEmpty", "WhenEmptyOrUnderutilized", "Balanced"],
                        },
                    },
                },
                "template": {
                    "type": "object",
                    "properties": {
                        "metadata": OPEN,
                        "spec": {
                            "type": "object",
                            "required": ["requirements", "nodeClassRef"],
                            "x-kubernetes-preserve-unknown-fields": True,
                            "properties": {"requirements": _atomic(_REQUIREMENT, 100)},
                        },
                    },
                },
            },
        },
        "status": OPEN,
    },
}
_CLAIM: Obj = {"type": "object", "properties": {"spec": OPEN, "status": OPEN}}


def definitions() -> Iterator[Written]:
    """The definitions of NodePools and NodeClaims."""
    yield "customresourcedefinitions", definition(GROUP, "NodePool", "nodepools", _NODEPOOL)
    yield "customresourcedefinitions", definition(GROUP, "NodeClaim", "nodeclaims", _CLAIM)


def objects(world: WorldShape) -> Iterator[Written]:
    """Definitions, the controller and the pools; nothing for a world without pools."""
    if not world.nodepools:
        return
    yield from definitions()
    if not world.auto_mode:
        yield "deployments", controller(shifts=world.zonal_shift)
    for each in world.nodepools:
        yield f"nodepools.{GROUP}", nodepool(each, auto=world.auto_mode)


def controller(*, shifts: bool = False) -> Obj:
    """The Deployment of the controller; *shifts*: it looks at zonal shifts."""
    labels = {"app.kubernetes.io/name": _NAME}
    env = [{"name": "ENABLE_ZONAL_SHIFT", "value": "true" if shifts else "false"}]
    container = {
        "name": "controller",
        "image": "public.ecr.aws/karpenter/controller:1.14.1",
        "env": env,
        "resources": {"requests": {"cpu": "200m", "memory": "512Mi"}},
    }
    hard = {
        "maxSkew": 1,
        "topologyKey": HOSTNAME,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": labels},
    }
    # Karpenter does not run on nodes that it makes itself.
    elsewhere = {"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"}
    terms = [{"matchExpressions": [elsewhere]}]
    node = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    spec = {
        "containers": [container],
        "topologySpreadConstraints": [hard],
        "affinity": {"nodeAffinity": node},
    }
    return deployment(_NAME, 2, labels, spec)


def nodepool(row: NodePool, *, auto: bool = False) -> Obj:
    """A NodePool of a scenario; *auto*: of EKS Auto Mode."""
    requirements: list[Mapping[str, Any]] = [
        _in("karpenter.sh/capacity-type", row.buys),
        _in("node.kubernetes.io/instance-type", row.types),
    ]
    if row.zones:
        requirements.append(_in("topology.kubernetes.io/zone", row.zones))
    spec: Obj = {
        "template": {
            "metadata": {"labels": dict(row.labels)},
            "spec": {
                "nodeClassRef": {
                    "group": AUTO_MODE if auto else "karpenter.k8s.aws",
                    "kind": "NodeClass" if auto else "EC2NodeClass",
                    "name": "default",
                },
                "requirements": requirements,
            },
        },
        "disruption": {
            "consolidationPolicy": "WhenEmptyOrUnderutilized",
            "consolidateAfter": row.consolidate_after,
            "budgets": [{"nodes": row.budget}],
        },
    }
    if row.weight:
        spec["weight"] = row.weight
    if row.cpus is not None:
        spec["limits"] = {"cpu": str(row.cpus)}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "NodePool",
        "metadata": {"name": row.name},
        "spec": spec,
    }


def _in(key: str, values: tuple[str, ...]) -> Obj:
    return {"key": key, "operator": "In", "values": list(values)}
