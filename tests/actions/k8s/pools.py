"""NodePools for tests."""

from __future__ import annotations

ZONE = "topology.kubernetes.io/zone"
NOTHING = [{"nodes": "0"}]


def requirement(key, *values, operator="In"):
    return {"key": key, "operator": operator, "values": list(values)}


def pool(stage, name="general", *requirements, **spec):
    template = {"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass"}}}
    template["spec"]["requirements"] = list(requirements)
    body = {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {"template": template, **spec},
    }
    return stage.cluster.create("nodepools.karpenter.sh", body)
