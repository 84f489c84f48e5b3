"""The cluster proportional autoscaler: replicas of one workload as many as the cluster is large.

Source: kubernetes-sigs/cluster-proportional-autoscaler, README, "Linear Mode" (the larger of the
two counts, within min and max; unschedulable nodes count only with includeUnschedulableNodes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.processes import at_work
from sopctl.sandbox.world.scheduling.quantities import quantity
from sopctl.sandbox.world.view import View

PERIOD = timedelta(seconds=10)
NAME = "cluster-proportional-autoscaler"


class Proportional:
    """Looks every ten seconds; costs nothing where it is not installed."""

    def __init__(self, outages: Outages) -> None:
        self._outages = outages
        self._due: datetime | None = None

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Set the replicas of its target."""
        if self._due is not None and now < self._due:
            return self._due
        self._due = now + PERIOD
        for pod in at_work(view, NAME, self._outages)[:1]:
            _scale(view, pod)
        return self._due


def _scale(view: View, pod: Obj) -> None:
    flags = dict(each.lstrip("-").split("=", 1) for each in pod["spec"]["containers"][0]["args"])
    space = pod["metadata"]["namespace"]
    settings = view.get("configmaps", flags["configmap"], space)
    target = view.get("deployments", flags["target"].removeprefix("deployment/"), space)
    if settings is None or target is None:
        return
    wanted = replicas(json.loads(settings["data"]["linear"]), view.all("nodes"))
    if target["spec"].get("replicas", 1) != wanted:
        view.patch("deployments", target, {"spec": {"replicas": wanted}})


def replicas(linear: Mapping[str, Any], nodes: list[Obj]) -> int:
    """How many *linear* asks for with these *nodes*."""
    everyone = linear.get("includeUnschedulableNodes", False)
    counted = [each for each in nodes if everyone or not each["spec"].get("unschedulable")]
    cores = float(sum(quantity(each["status"]["capacity"]["cpu"]) for each in counted))
    by_cores = ceil(cores / linear["coresPerReplica"]) if "coresPerReplica" in linear else 0
    by_nodes = ceil(len(counted) / linear["nodesPerReplica"]) if "nodesPerReplica" in linear else 0
    wanted = max(by_cores, by_nodes, linear.get("min", 1))
    if linear.get("preventSinglePointFailure") and len(counted) > 1:
        wanted = max(wanted, 2)
    return int(min(wanted, linear.get("max", wanted)))
