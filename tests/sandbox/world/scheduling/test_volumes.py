"""Claims of StatefulSets: bound to the zone of their first pod (EBS volumes are zonal)."""

from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj
from tests.fakes.autoscalers import ScalingWorld
from tests.fakes.workloads import pod, pod_spec, spread
from tests.fakes.worlds import SmallWorld


def database(world: SmallWorld) -> None:
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "10Gi"}},
        },
    }
    soft = spread("db", whenUnsatisfiable="ScheduleAnyway")
    template = {
        "metadata": {"labels": {"app": "db"}},
        "spec": pod_spec(topologySpreadConstraints=[soft]),
    }
    made: Obj = {
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {
            "replicas": 3,
            "serviceName": "db",
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": {"app": "db"}},
            "template": template,
            "volumeClaimTemplates": [claim],
        },
    }
    world.cluster.create("statefulsets", made)
    world.run(15)


def zone_of_volume(world: SmallWorld, claim: str) -> str:
    bound = world.cluster.get("persistentvolumeclaims", claim, "shop")
    assert bound is not None
    volume = world.cluster.get("persistentvolumes", bound["spec"]["volumeName"])
    assert volume is not None
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    return str(term["matchExpressions"][0]["values"][0])


def test_a_volume_is_made_in_the_zone_of_its_first_pod():
    world = SmallWorld()
    database(world)

    for each in world.pods("db"):
        claim = each["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
        assert claim == f"data-{each['metadata']['name']}"
        assert zone_of_volume(world, claim) == world.zone_of(each)


def test_a_pod_cannot_leave_the_zone_of_its_volume_and_no_other_node_helps():
    world = ScalingWorld()
    database(world)
    home = zone_of_volume(world, "data-db-0")
    world.cordon(home)
    world.cluster.delete("pods", "db-0", "shop")
    world.run(30)

    waiting = world.cluster.get("pods", "db-0", "shop")
    assert waiting is not None
    assert "nodeName" not in waiting["spec"]
    assert waiting["status"]["conditions"][0]["message"].startswith(
        "0/6 nodes are available: 2 node(s) were unschedulable, "
        "4 node(s) had volume node affinity conflict."
    )
    (said,) = world.events("NotTriggerScaleUp") or world.events("TriggeredScaleUp")
    assert f"pool-{home[-1]}" in said or "volume node affinity conflict" in said


def test_a_pod_without_its_claim_waits_for_it():
    world = SmallWorld()
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "gone"}}
    world.cluster.create("pods", pod("lost", pod_spec(volumes=[volume])))
    world.run(5)

    lost = world.cluster.get("pods", "lost", "shop")
    assert lost is not None
    message = lost["status"]["conditions"][0]["message"]
    assert message.startswith('0/6 nodes are available: persistentvolumeclaim "gone" not found.')

    claim = {"metadata": {"name": "gone", "namespace": "shop"}}
    world.cluster.create("persistentvolumeclaims", {**claim, "spec": {"resources": {}}})
    world.run(15)
    found = world.cluster.get("pods", "lost", "shop")
    assert found is not None
    assert found["spec"]["nodeName"]
