"""A small world on a stopped clock, and questions to ask about it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.world import World
from tests.fakes.cloud import FakeCloud
from tests.fakes.cluster import FakeCluster
from tests.fakes.workloads import ZONE_KEY, node

START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
ABC = ("us-east-1a", "us-east-1b", "us-east-1c")


class SmallWorld:
    """Ticks until nothing moves; every question is asked of the cluster itself."""

    def __init__(self, nodes_per_zone: int = 2, cpu: str = "4") -> None:
        self.clock = WorldClock(START, rate=0)
        self.cluster = FakeCluster(self.clock.now)
        self.cloud = FakeCloud(self.clock.now)
        self.world = World(self.cluster, self.cloud, self.clock)
        for zone in ABC:
            for number in range(nodes_per_zone):
                self.cluster.create("nodes", node(f"{zone[-1]}{number}", zone, cpu=cpu))

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
        for each in self.cluster.list("nodes"):
            if each["metadata"]["labels"][ZONE_KEY] == zone:
                patch: Obj = {"spec": {"unschedulable": True}}
                self.cluster.patch("nodes", each["metadata"]["name"], patch)

    def drain(self, zone: str) -> None:
        """Delete the pods of a zone, a few at a time, as a drain does."""
        for each in self.pods():
            if self.zone_of(each) == zone:
                self.cluster.delete("pods", each["metadata"]["name"], "shop")
                self.run(8)

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
