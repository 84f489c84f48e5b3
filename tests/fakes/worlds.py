"""A small world on a stopped clock, and questions to ask about it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.machines.machines import Machines
from sopctl.sandbox.world.view import View
from sopctl.sandbox.world.world import World
from tests.fakes.cloud import FakeCloud
from tests.fakes.workloads import ZONE_KEY

START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
ABC = ("us-east-1a", "us-east-1b", "us-east-1c")


ENABLED = "k8s.io/cluster-autoscaler/enabled"
OWNED = "k8s.io/cluster-autoscaler/sandbox"


def pool(zone: str, desired: int) -> GroupSpec:
    """A group of one zone, tagged for discovery by the autoscaler."""
    tags = {ENABLED: ("true", True), OWNED: ("owned", False)}
    name = f"pool-{zone[-1]}"
    return GroupSpec(name=name, zones=(zone,), min=0, max=6, desired=desired, tags=tags)


class SmallWorld:
    """Ticks until nothing moves; every question is asked of the cluster itself."""

    def __init__(self, nodes_per_zone: int = 2) -> None:
        self.clock = WorldClock(START, rate=0)
        self.cluster = Cluster(self.clock.now)
        self.cloud = FakeCloud(self.clock.now)
        self.world = World(self.cluster, self.cloud, self.clock)
        self.cluster.create("namespaces", {"metadata": {"name": "shop"}})
        for zone in ABC:
            self.cloud.create_group(pool(zone, nodes_per_zone))
        view = View(self.cluster)
        Machines(self.cloud, self.world.outages).register_all(view, self.clock.now())
        self.settle()

    def run(self, seconds: float = 30) -> None:
        """Let world time pass, one second a step, with as many rounds as there is work."""
        for _ in range(int(seconds)):
            self.settle()
            self.clock.advance(1)
        self.settle()

    def settle(self) -> None:
        for _ in range(60):
            if not self.world.tick():
                return
        raise AssertionError("the world does not come to rest")

    def cordon(self, zone: str) -> None:
        for each in self.nodes(zone):
            patch: Obj = {"spec": {"unschedulable": True}}
            self.cluster.patch("nodes", each["metadata"]["name"], patch)

    def drain(self, zone: str) -> None:
        """Delete the pods of a zone, a few at a time, as a drain does."""
        for each in self.pods():
            if self.zone_of(each) == zone:
                self.cluster.delete("pods", each["metadata"]["name"], "shop")
                self.run(8)

    def nodes(self, zone: str | None = None) -> list[Obj]:
        found = self.cluster.list("nodes")
        return [n for n in found if zone in (None, n["metadata"]["labels"][ZONE_KEY])]

    def pods(self, app: str | None = None) -> list[Obj]:
        found = self.cluster.list("pods")
        return [p for p in found if app is None or p["metadata"]["labels"].get("app") == app]

    def zone_of(self, pod: Obj) -> str:
        bound = self.cluster.get("nodes", pod["spec"].get("nodeName") or "")
        return bound["metadata"]["labels"][ZONE_KEY] if bound else ""

    def zones(self, app: str) -> Counter[str]:
        """Zone -> pods that are not terminating; the empty zone holds the Pending ones."""
        alive = [p for p in self.pods(app) if "deletionTimestamp" not in p["metadata"]]
        return Counter(self.zone_of(p) for p in alive)
