"""What two hours of a large world cost, stepped without HTTP: steady, then with a failed zone.

Run it as ``python -m benchmarks.world [--nodes 1000] [--workloads 2000] [--minutes 120] [--step 1]
[--profile FILE]``. It prints the processor seconds of each phase and what became of the requests.
With ``--profile`` the phases after the seeding are profiled by cProfile into FILE.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.demand import POD_RPS, RPS
from sopctl.sandbox.world.ports import CloudPort, ClusterPort, Obj
from sopctl.sandbox.world.seed.groups import ENABLED, OWNED
from sopctl.sandbox.world.seed.system import autoscaler
from sopctl.sandbox.world.world import World

START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
GROUPS_PER_ZONE = 8
REPLICAS = 3
SCALED = 4  # every fourth workload has an autoscaler


def planter(nodes: int, workloads: int) -> Callable[[ClusterPort, CloudPort], None]:
    """Groups of one zone each, and Deployments of three pods spread hard over the zones."""

    def plant(cluster: ClusterPort, cloud: CloudPort) -> None:
        size = nodes // (GROUPS_PER_ZONE * len(ZONES))
        for zone in ZONES:
            for number in range(GROUPS_PER_ZONE):
                tags = {ENABLED: ("true", True), OWNED: ("owned", False)}
                name = f"pool-{zone[-1]}-{number}"
                cloud.create_group(
                    GroupSpec(
                        name=name,
                        zones=(zone,),
                        min=0,
                        max=2 * size,
                        desired=size,
                        instance_types=("m5.2xlarge",),
                        tags=tags,
                    )
                )
        cluster.create("deployments", autoscaler("1.36", cloud.region))
        cluster.create("namespaces", {"metadata": {"name": "shop"}})
        cpu = int(nodes * 7920 * 0.6 / (workloads * REPLICAS))
        for number in range(workloads):
            for resource, obj in workload(f"app-{number:04}", cpu, scaled=not number % SCALED):
                cluster.create(resource, obj)

    return plant


def workload(name: str, cpu: int, *, scaled: bool) -> Iterator[tuple[str, Obj]]:
    """Yield a Deployment with traffic, its Service, budget and perhaps its autoscaler."""
    labels = {"app": name}
    metadata = {"name": name, "namespace": "shop", "labels": labels}
    spread = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": labels},
    }
    requests = {"cpu": f"{cpu}m", "memory": f"{2 * cpu}Mi"}
    container = {
        "name": "main",
        "image": "registry.local/app:1",
        "resources": {"requests": requests},
    }
    spec = {"containers": [container], "topologySpreadConstraints": [spread]}
    yield (
        "deployments",
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {**metadata, "annotations": {RPS: "150", POD_RPS: "100"}},
            "spec": {
                "replicas": REPLICAS,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
            },
        },
    )
    yield "services", {"metadata": metadata, "spec": {"selector": labels, "ports": [{"port": 80}]}}
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": labels}}
    yield "poddisruptionbudgets", {"metadata": metadata, "spec": budget}
    if scaled:
        target = {"type": "Utilization", "averageUtilization": 50}
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        bounds = {"minReplicas": 2, "maxReplicas": 9}
        hpa = {"scaleTargetRef": reference, "metrics": [metric], **bounds}
        yield "horizontalpodautoscalers", {"metadata": metadata, "spec": hpa}


class Stopwatch:
    """Processor and wall seconds of named phases."""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure what happens inside."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        spent = time.process_time() - processor
        print(f"{name:<32} {spent:8.1f} s processor {time.perf_counter() - wall:8.1f} s wall")


def run(world: World, minutes: float, step: float) -> None:
    """Step the clock, letting the controllers act once a step."""
    for _ in range(int(minutes * 60 / step)):
        world.clock.advance(step)
        world.tick()


def describe(world: World) -> None:
    """Print what can be seen."""
    totals = world.traffic.totals()
    pods = world.cluster.peek("pods")
    pending = sum(not each["spec"].get("nodeName") for each in pods)
    print(
        f"  {len(world.cluster.peek('nodes'))} nodes, {len(pods)} pods, {pending} pending, "
        f"{totals.lost / max(totals.offered, 1):.2%} of {totals.offered:,.0f} requests lost"
    )


def asked() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--workloads", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--step", type=float, default=1)
    parser.add_argument("--profile")
    return parser.parse_args()


def story(world: World, watch: Stopwatch, minutes: float, step: float) -> None:
    """Half of the time at rest, a quarter without a zone, a quarter after its return."""
    with watch.phase(f"{minutes / 2:.0f} minutes at rest"):
        run(world, minutes / 2, step)
    describe(world)
    world.fail_zone(ZONES[0])
    with watch.phase(f"{minutes / 4:.0f} minutes without a zone"):
        run(world, minutes / 4, step)
    describe(world)
    world.heal_zone(ZONES[0])
    with watch.phase(f"{minutes / 4:.0f} minutes after its return"):
        run(world, minutes / 4, step)
    describe(world)


def main() -> None:
    """Seed a world and let its story happen."""
    options = asked()
    watch, clock = Stopwatch(), WorldClock(START, rate=0)
    world = World(Cluster(clock.now), Cloud(clock.now), clock)
    with watch.phase("seed"):
        world.seed(planter(options.nodes, options.workloads))
    describe(world)
    gc.collect()
    gc.freeze()
    profile = cProfile.Profile() if options.profile else contextlib.nullcontext()
    with watch.phase("all"), profile:
        story(world, watch, options.minutes, options.step)
    if isinstance(profile, cProfile.Profile):
        profile.dump_stats(options.profile)


if __name__ == "__main__":
    main()
