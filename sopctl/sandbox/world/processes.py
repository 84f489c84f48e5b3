"""Who is at work: the ready pods of a controller on nodes that answer."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.view import View


def at_work(view: View, name: str, outages: Outages) -> list[Obj]:
    """Those whose label ``app.kubernetes.io/name`` is *name*."""
    return [
        pod
        for pod in view.lookup("pods", "app name", _names, name)
        if pods.is_ready(pod)
        and (node := view.get("nodes", pods.node_name(pod))) is not None
        and outages.dead_since(node) is None
    ]


def _names(pod: Obj) -> tuple[str, ...]:
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    return (labels.get("app.kubernetes.io/name", ""),)
