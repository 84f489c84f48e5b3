"""A zonal shift of the EKS cluster: its nodes there are cordoned, its endpoints left out.

Source: EKS user guide, "Learn about ARC zonal shift in Amazon EKS". Nothing is evicted, nothing
terminated. When it ends EKS uncordons what it cordoned, and only that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sopctl.sandbox.world.controllers.endpoints import Slices
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import CloudPort, Obj, cluster_shifts
from sopctl.sandbox.world.view import View

_LOOKS_EVERY = timedelta(seconds=5)


class ClusterShift:
    """Carries out the shifts of the cluster that the AWS half knows."""

    def __init__(self, cloud: CloudPort, slices: Slices) -> None:
        """Start without a shift."""
        self._cloud = cloud
        self._slices = slices
        self._cordoned: set[str] = set()
        self._due: datetime | None = None

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Cordon the nodes of zones that were left, uncordon ours elsewhere."""
        if self._due is not None and now < self._due:
            return self._due
        away = cluster_shifts(self._cloud)
        self._slices.leave(away)
        if away or self._cordoned:
            for node in view.all("nodes"):
                self._sync(view, node, away)
        self._due = now + _LOOKS_EVERY
        return self._due

    def _sync(self, view: View, node: Obj, away: frozenset[str]) -> None:
        uid = node["metadata"]["uid"]
        left = (node["metadata"].get("labels") or {}).get(ZONE) in away
        if left and not node["spec"].get("unschedulable"):
            view.patch("nodes", node, {"spec": {"unschedulable": True}})
            self._cordoned.add(uid)
        elif not left and uid in self._cordoned:
            self._cordoned.discard(uid)
            view.patch("nodes", node, {"spec": {"unschedulable": None}})
