"""Deployments beyond the rolling update, Jobs, Services, and what happens without an owner."""

from __future__ import annotations

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import forbidden
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.writer import Deletion, Write
from sopctl.sandbox.world.controllers.kubelet import RUN_SECONDS
from sopctl.sandbox.world.controllers.rollout import Bounds, bounds
from tests.fakes.workloads import deployment, pod_spec
from tests.fakes.worlds import SmallWorld

A = "us-east-1a"


def status(cluster: Cluster, resource: str, name: str) -> Obj:
    found = cluster.get(resource, name, "shop")
    assert found is not None
    return found["status"]


def annotate_template(world: SmallWorld, value: str | None) -> None:
    patch = {"spec": {"template": {"metadata": {"annotations": {"version": value}}}}}
    world.cluster.patch("deployments", "web", patch, "shop")


def sets(world: SmallWorld) -> dict[str, int]:
    found = world.cluster.list("replicasets", "shop")
    key = "deployment.kubernetes.io/revision"
    return {e["metadata"]["annotations"][key]: e["spec"]["replicas"] for e in found}


def test_surge_is_rounded_up_and_unavailable_down():
    def of(replicas: int, surge: int | str, unavailable: int | str) -> Bounds:
        rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
        return bounds({"replicas": replicas, "strategy": {"rollingUpdate": rolling}})

    assert of(10, "25%", "25%") == Bounds(surge=3, unavailable=2)
    assert of(3, "0%", "25%") == Bounds(surge=0, unavailable=1)  # never both zero
    assert of(4, 2, 1) == Bounds(surge=2, unavailable=1)


def test_an_old_template_gets_its_replica_set_back_under_a_new_revision():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 3))
    world.run(15)
    annotate_template(world, "2")
    world.run(40)
    assert sets(world) == {"1": 0, "2": 3}

    annotate_template(world, None)
    world.run(40)

    assert sets(world) == {"2": 0, "3": 3}


def test_a_paused_deployment_does_not_roll_and_still_scales():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 2))
    world.run(15)
    world.cluster.patch("deployments", "web", {"spec": {"paused": True}}, "shop")
    annotate_template(world, "2")
    world.run(15)
    assert sets(world) == {"1": 2}
    world.cluster.patch("deployments", "web", {"spec": {"replicas": 3}}, "shop")
    world.run(15)
    assert sets(world) == {"1": 3}

    world.cluster.patch("deployments", "web", {"spec": {"paused": False, "replicas": 4}}, "shop")
    world.run(40)
    assert sets(world) == {"1": 0, "2": 4}


def progressing(world: SmallWorld) -> tuple[str, str]:
    found = status(world.cluster, "deployments", "web")["conditions"]
    [condition] = [each for each in found if each["type"] == "Progressing"]
    return condition["status"], condition["reason"]


def test_a_rollout_that_stalls_is_late_after_its_deadline_and_recovers():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 2))
    world.run(15)
    assert progressing(world) == ("True", "NewReplicaSetAvailable")

    selector = {"spec": {"template": {"spec": {"nodeSelector": {"nowhere": "x"}}}}}
    world.cluster.patch("deployments", "web", selector, "shop")
    world.run(500)
    assert progressing(world) == ("True", "ReplicaSetUpdated")
    world.run(120)
    assert progressing(world) == ("False", "ProgressDeadlineExceeded")

    world.cluster.patch(
        "deployments", "web", {"spec": {"template": {"spec": {"nodeSelector": None}}}}, "shop"
    )
    world.run(60)
    assert progressing(world) == ("True", "NewReplicaSetAvailable")


def test_recreate_stops_the_old_before_it_starts_the_new():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 2, strategy={"type": "Recreate"}))
    world.run(15)
    annotate_template(world, "2")

    most = 0
    for _ in range(30):
        world.run(1)
        ready = [p for p in world.pods("web") if "deletionTimestamp" not in p["metadata"]]
        most = max(most, len(ready))

    assert most == 2
    assert sets(world) == {"1": 0, "2": 2}


def test_old_revisions_are_forgotten_beyond_the_limit():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 1, revisionHistoryLimit=1))
    world.run(15)
    for version in ("2", "3", "4"):
        annotate_template(world, version)
        world.run(30)

    assert sets(world) == {"3": 0, "4": 1}


def test_a_refused_pod_is_reported_and_tried_again():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 1))
    refusing = [True]

    def refuse(kind, new, old, write):
        if kind.storage == "pods" and refusing[0]:
            raise forbidden("pods", "", "quota exceeded")
        return new

    world.cluster.writer.mutators.append(refuse)
    world.run(5)
    events = world.cluster.list("events", "shop")
    texts = [e["message"] for e in events if e["reason"] == "FailedCreate"]
    assert texts == ["Error creating: pods is forbidden: quota exceeded"]

    refusing[0] = False
    world.run(60)
    assert len(world.pods("web")) == 1


def test_scaling_down_takes_the_pod_that_is_not_ready():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 6))
    world.run(15)
    world.world.fail_zone(A)
    world.run(60)

    world.cluster.patch("deployments", "web", {"spec": {"replicas": 4}}, "shop")
    world.run(30)

    assert world.zones("web")[A] == 0


def test_deleting_a_deployment_takes_everything_along():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 3))
    world.run(15)

    world.cluster.delete("deployments", "web", "shop")
    world.run(15)

    assert world.pods("web") == []
    assert world.cluster.list("replicasets", "shop") == []


def test_a_job_runs_to_its_completions():
    world = SmallWorld()
    template = {
        "metadata": {"annotations": {RUN_SECONDS: "20"}},
        "spec": pod_spec(restartPolicy="Never"),
    }
    job = {
        "metadata": {"name": "once", "namespace": "shop"},
        "spec": {"parallelism": 1, "completions": 2, "template": template},
    }
    world.cluster.create("jobs", job)

    world.run(15)
    assert status(world.cluster, "jobs", "once")["active"] == 1
    world.run(60)

    found = status(world.cluster, "jobs", "once")
    assert found["succeeded"] == 2
    assert found["conditions"][0]["type"] == "Complete"
    assert "active" not in found


def test_a_deleted_pod_of_a_job_counts_as_a_failure():
    world = SmallWorld()
    template = {"spec": pod_spec(restartPolicy="Never")}
    job = {
        "metadata": {"name": "long", "namespace": "shop"},
        "spec": {"backoffLimit": 1, "template": template},
    }
    world.cluster.create("jobs", job)
    for expected in (1, 2):
        world.run(15)
        [running] = world.pods()
        world.cluster.delete("pods", running["metadata"]["name"], "shop")
        world.run(15)
        assert status(world.cluster, "jobs", "long")["failed"] == expected

    assert status(world.cluster, "jobs", "long")["conditions"][0]["type"] == "Failed"
    assert world.pods() == []


def test_a_service_knows_the_zone_and_the_readiness_of_its_endpoints():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 3))
    service = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]},
    }
    world.cluster.create("services", service)
    world.run(15)
    world.world.fail_zone(A)
    world.run(60)

    [found] = world.cluster.list("endpointslices", "shop")
    ready = {e["zone"]: e["conditions"]["ready"] for e in found["endpoints"]}
    assert len(ready) == 3
    assert ready.pop(A) is False
    assert all(ready.values())
    assert found["metadata"]["labels"]["kubernetes.io/service-name"] == "web"

    world.cluster.delete("services", "web", "shop")
    world.run(5)
    assert world.cluster.list("endpointslices", "shop") == []


def refusing(world: SmallWorld, resource: str) -> list[bool]:
    """Let the API refuse to create a resource while the answer's only item is true."""
    active = [True]

    def refuse(kind, new, old, write):
        if kind.storage == resource and old is None and active[0]:
            raise forbidden(resource, "", "quota exceeded")
        return new

    world.cluster.writer.mutators.append(refuse)
    return active


def test_one_refused_workload_does_not_hold_up_the_others():
    world = SmallWorld()
    active = refusing(world, "controllerrevisions")
    for name in ("first", "second"):
        made = deployment(name, 1)
        made["kind"] = "StatefulSet"
        made["spec"] |= {"serviceName": name}
        world.cluster.create("statefulsets", made)
    world.cluster.create("deployments", deployment("web", 1))
    world.run(20)
    assert len(world.pods("web")) == 1
    assert world.pods("first") == []

    active[0] = False
    world.run(30)
    assert len(world.pods("first")) == len(world.pods("second")) == 1


def test_events_that_are_refused_are_dropped():
    world = SmallWorld()
    refusing(world, "events")
    world.cluster.create("deployments", deployment("web", 3))
    world.run(20)

    assert len(world.pods("web")) == 3
    assert world.cluster.list("events") == []


def delete(world: SmallWorld, resource: str, name: str, propagation: str) -> None:
    cluster = world.cluster
    with cluster.lock:
        kind = cluster.registry.named(resource)
        cluster.writer.delete(kind, ("shop", name), Deletion(propagation=propagation), Write())


def test_an_orphaning_deletion_leaves_the_pods_and_a_foreground_one_waits_for_them():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 2))
    world.run(20)
    delete(world, "deployments", "web", "Orphan")
    world.run(10)
    assert world.cluster.get("deployments", "web", "shop") is None
    [kept] = world.cluster.list("replicasets", "shop")
    assert "ownerReferences" not in kept["metadata"] or not kept["metadata"]["ownerReferences"]
    assert len(world.pods("web")) == 2

    name = kept["metadata"]["name"]
    delete(world, "replicasets", name, "Foreground")
    world.settle()
    assert world.cluster.get("replicasets", name, "shop") is not None
    world.run(20)

    assert world.cluster.get("replicasets", name, "shop") is None
    assert world.pods("web") == []
