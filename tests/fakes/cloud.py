"""Auto Scaling groups in a dict: launches come true at the next tick."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sopctl.sandbox.aws.fleet import BalancerSpec, Group, GroupSpec, Instance, LaunchOrder, Zone
from sopctl.sandbox.aws.notices import Notice

ZONES = (
    Zone(name="us-east-1a", id="use1-az6"),
    Zone(name="us-east-1b", id="use1-az1"),
    Zone(name="us-east-1c", id="use1-az2"),
)


_NOBODY = Group(
    name="",
    zones=(),
    subnets=(),
    min=0,
    max=0,
    desired=0,
    tags={},
    suspended=frozenset(),
    instances=(),
    mixed=False,
    spot=False,
    instance_types=(),
)


class FakeCloud:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock = threading.RLock()
        self.region = "us-east-1"
        self.zones = ZONES
        self.launchable: Callable[[str], bool] = lambda _: True
        self.notices = FakeNotices()
        self.auto_mode = False
        self.terminated: list[str] = []
        self.loose_ones: list[Instance] = []
        self.sold_out: set[tuple[str, str]] = set()
        self._now = now
        self._ids = itertools.count(1)
        self._groups: dict[str, Group] = {}
        self._shifted: dict[str, frozenset[str]] = {}

    def groups(self) -> list[Group]:
        return list(self._groups.values())

    def group(self, name: str) -> Group:
        return self._groups[name]

    def create_group(self, spec: GroupSpec) -> Group:
        self._groups[spec.name] = Group(
            name=spec.name,
            zones=spec.zones,
            subnets=(),
            min=spec.min,
            max=spec.max,
            desired=spec.desired,
            tags=dict(spec.tags),
            suspended=frozenset(),
            instances=(),
            mixed=False,
            spot=spec.spot,
            instance_types=spec.instance_types,
        )
        self.tick()
        return self._groups[spec.name]

    def launch(self, order: LaunchOrder) -> Instance | None:
        if not self.launchable(order.zone) or (order.zone, order.market) in self.sold_out:
            return None
        spec = replace(_NOBODY, spot=order.market == "spot", instance_types=(order.type,))
        made = replace(self._launch(spec, order.zone), group="")
        self.loose_ones.append(made)
        return made

    def loose(self) -> list[Instance]:
        return list(self.loose_ones)

    def end(self, instance_id: str) -> None:
        self.terminated.append(instance_id)
        self.loose_ones = [each for each in self.loose_ones if each.id != instance_id]

    def create_balancer(self, spec: BalancerSpec) -> None:
        """Balancers are the real half's: no test of a controller needs one."""

    def create_nodegroup(self, spec: GroupSpec) -> Group:
        return self.create_group(spec)

    def enable_auto_mode(self) -> None:
        self.auto_mode = True

    def interrupt(self, instance_id: str) -> None:
        """Two minutes are left, as the instance's metadata says."""
        for group in self._groups.values():
            self._groups[group.name] = replace(
                group,
                instances=tuple(
                    replace(each, interrupted_at=self._now()) if each.id == instance_id else each
                    for each in group.instances
                ),
            )

    def throttle_calls(self) -> None:
        """Nobody calls this one over HTTP."""

    def let_shift_cluster(self) -> None:
        """Shifts here are what `shift` says."""

    def set_desired(self, name: str, n: int) -> None:
        group = self._groups[name]
        assert group.min <= n <= group.max
        self._groups[name] = replace(group, desired=n)

    def set_bounds(self, name: str, low: int, high: int) -> None:
        self._groups[name] = replace(self._groups[name], min=low, max=high)

    def suspend(self, name: str, *processes: str) -> None:
        self._groups[name] = replace(self._groups[name], suspended=frozenset(processes))

    def set_tags(self, name: str, tags: dict[str, tuple[str, bool]]) -> None:
        self._groups[name] = replace(self._groups[name], tags=tags)

    def terminate(self, instance_id: str) -> None:
        self.terminated.append(instance_id)
        for name, group in self._groups.items():
            left = tuple(i for i in group.instances if i.id != instance_id)
            gone = len(group.instances) - len(left)
            self._groups[name] = replace(group, instances=left, desired=group.desired - gone)

    def tick(self) -> None:
        for name, group in self._groups.items():
            instances = list(group.instances)
            zones = [zone for zone in group.zones if self.launchable(zone)]
            launches = zones and "Launch" not in group.suspended
            while launches and len(instances) < group.desired:
                instances.append(self._launch(group, zones[len(instances) % len(zones)]))
            self._groups[name] = replace(group, instances=tuple(instances))

    def fail_instances(self, zone: str) -> None:
        pass

    def heal_instances(self, zone: str) -> None:
        pass

    def shift(self, arn: str, zone: str) -> None:
        self._shifted[arn] = self._shifted.get(arn, frozenset()) | {zone}

    def unshift(self, arn: str) -> None:
        self._shifted.pop(arn, None)

    def zonal_shifts(self) -> dict[str, frozenset[str]]:
        return dict(self._shifted)

    def _launch(self, group: Group, zone: str) -> Instance:
        number = next(self._ids)
        ip = f"10.0.{number // 250}.{number % 250 + 1}"
        return Instance(
            id=f"i-{number:017x}",
            group=group.name,
            zone=zone,
            type=group.instance_types[0],
            state="InService",
            lifecycle="spot" if group.spot else "on-demand",
            launched=self._now(),
            health="Healthy",
            reachable=True,
            protected=False,
            private_ip=ip,
            private_dns=f"ip-{ip.replace('.', '-')}.ec2.internal",
        )


class FakeNotices:
    """A queue as a list; *proceeded* are the tokens that were answered."""

    def __init__(self) -> None:
        self.waiting: list[Notice] = []
        self.proceeded: list[str] = []

    def plant(self) -> str:
        return "https://queue"

    def take(self) -> list[Notice]:
        taken, self.waiting = self.waiting, []
        return taken

    def proceed(self, notice: Notice) -> None:
        self.proceeded.append(notice.token)
