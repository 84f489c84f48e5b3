from __future__ import annotations

from sopctl.actions.k8s.node_soft_taints import Params

EVERYWHERE = Params()
CANDIDATE = {
    "key": "DeletionCandidateOfClusterAutoscaler",
    "value": "1795000000",
    "effect": "PreferNoSchedule",
}
LEAVING = {"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}
OTHER = {"key": "dedicated", "value": "batch", "effect": "NoSchedule"}


def taint(stage, name, *taints):
    node = stage.cluster.get("nodes", name)
    node["spec"]["taints"] = list(taints)
    stage.cluster.update("nodes", node)


def keys(stage, name):
    node = stage.cluster.get("nodes", name)
    return [each["key"] for each in node["spec"].get("taints") or ()]
