"""A local world with nodes in three zones, and the steps an engine goes with an action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

from sopctl.core.action import AnyAction, AnyChange, Change, Receipt, Seen
from sopctl.core.codec import Json
from sopctl.core.resource import Observed, ResourceId
from sopctl.facts.snapshot import Snapshot
from sopctl.facts.world import World
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.controllers import deployments, replicasets
from sopctl.sandbox.world.controllers.kubelet import Kubelet
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.scheduling.scheduler import Scheduler
from sopctl.sandbox.world.view import View
from tests import laws
from tests.fakes.workloads import node
from tests.local import Local, local_world

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


class Stage:
    """Three zones of two nodes. Nothing moves unless ``run`` lets the controllers work."""

    def __init__(self, local: Local) -> None:
        self.local = local
        self.cluster = local.cluster
        self.cluster.create("namespaces", {"metadata": {"name": "shop"}})
        for zone in ZONES:
            for number in range(2):
                self.cluster.create("nodes", node(f"{zone[-1]}{number}", zone))
        self._view = View(self.cluster)
        outages = Outages()
        self._controllers = (deployments, replicasets, Scheduler(), Kubelet(outages))

    @property
    def clients(self) -> World:
        """The providers, with a fresh snapshot of facts."""
        world = self.local.clients
        return World(aws=world.aws, k8s=world.k8s, facts=Snapshot(world.aws, world.k8s))

    def mutations(self) -> int:
        return self.local.mutations()

    def dump(self) -> Json:
        dump = self.local.dump()
        spaces = dump["kubernetes"]["namespaces"]
        for name, each in list(spaces.items()):
            if "deletionTimestamp" in each["metadata"]:  # no namespace controller works here
                del spaces[name]
        return dump

    def run(self, seconds: int = 15) -> None:
        """Let deployments, their replica sets, the scheduler and kubelets work."""
        for _ in range(seconds):
            self.local.watch.sleep(1)
            for controller in self._controllers:
                self._view.refresh()
                controller.reconcile(self._view, self.local.watch.now())

    def pods(self, phase: str = "") -> list[Obj]:
        found = self.cluster.list("pods", "shop")
        return [each for each in found if phase in ("", each["status"].get("phase"))]

    def zone_of(self, pod: Obj) -> str:
        name = pod["spec"].get("nodeName", "")
        return {z[-1]: z for z in ZONES}.get(name[:1], "")


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    with local_world(folder) as local:
        yield Stage(local)


def plan(stage: Stage, action: AnyAction, params: Any) -> list[AnyChange]:
    """What *action* would change now."""
    ids = action.select(stage.clients, params).ids
    seen = action.observe(stage.clients, params, ids)
    wanted = {each: action.desire(params, each, seen[each]) for each in ids if each in seen}
    return [
        Change(each, seen[each], after)
        for each, after in wanted.items()
        if not action.satisfies(after, seen[each].state)
    ]


def look(stage: Stage, action: AnyAction, *changes: AnyChange) -> Mapping[ResourceId, Observed]:
    """What is there now; parameters are their defaults, where there are any."""
    needed = [f for f in fields(action.params) if f.default is f.default_factory is MISSING]
    params = None if needed else action.params()
    return action.observe(stage.clients, params, [each.resource for each in changes])


def apply(
    stage: Stage, action: AnyAction, changes: Sequence[AnyChange]
) -> dict[ResourceId, Receipt]:
    """Converge in the action's order; everything is looked at again right before it is written."""
    receipts: dict[ResourceId, Receipt] = {}
    left = list(changes)
    while left:
        batch = action.order(left)[0] if action.order else left
        seen = look(stage, action, *batch)
        fresh = [replace(each, before=seen.get(each.resource, each.before)) for each in batch]
        receipts |= send(stage, action, *fresh)
        left = [each for each in left if each.resource not in receipts]
    return receipts


def send(stage: Stage, action: AnyAction, *changes: AnyChange) -> dict[ResourceId, Receipt]:
    """Converge *changes* as they are, without another look."""
    return dict(action.converge(laws.call(), stage.clients, changes))


def inverse(stage: Stage, action: AnyAction, changes: Sequence[AnyChange]) -> list[AnyChange]:
    """*changes* the other way round, as things are seen now."""
    seen = look(stage, action, *changes)
    return [Change(e.resource, seen[e.resource], e.before.state) for e in changes]


def effect(stage: Stage, action: AnyAction, params: Any, changes: Sequence[AnyChange]) -> Seen:
    assert action.effect is not None
    return action.effect.look(stage.clients, params, changes, stage.local.watch.now())


def silence(stage: Stage, *names: str) -> None:
    """Kubelets that answer no more."""
    for name in names:
        made = stage.cluster.get("nodes", name)
        assert made is not None
        made["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
        stage.cluster.update("nodes", made, subresource="status")
