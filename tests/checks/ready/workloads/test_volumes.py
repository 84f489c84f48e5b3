from __future__ import annotations

from sopctl.checks.ready.workloads.volumes import CHECK, Params
from tests.checks.ready.placing import put, spot


def _volume(zone):
    term = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}}
    claim = {"namespace": "shop", "name": "data"}
    spec = {"claimRef": claim, "nodeAffinity": affinity, "capacity": {"storage": "1Gi"}}
    csi = {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}
    return {
        "metadata": {"name": "data"},
        "spec": {**spec, "accessModes": ["ReadWriteOnce"]} | {"csi": csi},
    }


def test_a_pod_with_a_volume_on_a_spot_node_is_named_and_volumes_are_counted_by_zone(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    put(stage, "db-0", "a0", "db", volumes=[claim])
    stage.cluster.create("persistentvolumes", _volume("us-east-1a"))
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail.endswith("volumes: 1 in us-east-1a")
    spot(stage, "a0")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("shop/db-0 has a volume, and runs on the spot node a0",)
