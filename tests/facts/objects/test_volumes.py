from __future__ import annotations

import pytest

from sopctl.facts.objects.volumes import zones_by_claim


def volume(name, claim=None, zones=(), labels=None):
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": name},
    }
    if claim:
        spec["claimRef"] = {"namespace": "shop", "name": claim}
    if zones:
        expression = {
            "key": "topology.ebs.csi.aws.com/zone",
            "operator": "In",
            "values": list(zones),
        }
        spec["nodeAffinity"] = {
            "required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
        }
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec}


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (volume("pv", "data", ["us-east-1a"]), {"shop/data": {"us-east-1a"}}),
        (volume("pv", "data", ["a", "b"]), {"shop/data": {"a", "b"}}),
        (
            volume("pv", "data", labels={"topology.kubernetes.io/zone": "us-east-1a"}),
            {"shop/data": {"us-east-1a"}},
        ),
        (volume("pv", "data"), {}),
        (volume("pv", None, ["us-east-1a"]), {}),
    ],
)
def test_bound_volumes_that_know_zones_are_told_by_claim(stage, made, found):
    stage.cluster.create("persistentvolumes", made)
    assert zones_by_claim(stage.clients.k8s) == found
