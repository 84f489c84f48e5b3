"""A small world with a cluster autoscaler in it, and what its status says."""

from __future__ import annotations

import yaml

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.seed.system import autoscaler
from tests.fakes.worlds import SmallWorld

STATUS = "cluster-autoscaler-status"


class ScalingWorld(SmallWorld):
    """One replica of the autoscaler, running; its pod does not count as a workload."""

    def __init__(self, nodes_per_zone: int = 2, *args: str, image: str = "") -> None:
        super().__init__(nodes_per_zone)
        made = autoscaler("1.36", "us-east-1")
        made["spec"]["replicas"] = 1
        container = made["spec"]["template"]["spec"]["containers"][0]
        container["args"] += args
        if image:
            container["image"] = image
        self.cluster.create("deployments", made)
        self.run(30)

    def status_text(self) -> str:
        found = self.cluster.get("configmaps", STATUS, "kube-system")
        return "" if found is None else str(found["data"]["status"])

    def status(self) -> Obj:
        parsed: Obj = yaml.safe_load(self.status_text())
        return parsed

    def managed(self) -> list[str]:
        return [str(each["name"]) for each in self.status()["nodeGroups"]]

    def zone_without_leader(self) -> str:
        """A zone that may fail without taking the autoscaler along."""
        leader = next(p for p in self.pods() if p["metadata"]["namespace"] == "kube-system")
        return "us-east-1a" if self.zone_of(leader) != "us-east-1a" else "us-east-1b"

    def desired(self) -> dict[str, int]:
        return {group.name[-1]: group.desired for group in self.cloud.groups()}

    def events(self, reason: str) -> list[str]:
        found = self.cluster.list("events")
        return [str(e["message"]) for e in found if e["reason"] == reason]
