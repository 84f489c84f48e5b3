"""The faults of a scenario, carried out on the world and on its two API halves."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sopctl.notation import duration
from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.faults import FaultRule as AwsFault
from sopctl.sandbox.aws.supply import Pool
from sopctl.sandbox.k8s.http import FaultRule as KubeFault
from sopctl.sandbox.process.brownouts import aws_rule, kubernetes_rule
from sopctl.sandbox.process.shortage import Shortage
from sopctl.sandbox.scenario.model import Brownout, Event, NodeSilence, SpotSurge, Traffic
from sopctl.sandbox.scenario.wording import described
from sopctl.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Rules:
    """The live lists of ordered faults of both halves."""

    aws: list[AwsFault]
    kubernetes: list[KubeFault]


@dataclass(frozen=True, slots=True)
class End:
    """What ends a fault, *after* so many seconds."""

    after: float
    act: Callable[[], None]


class Troubles:
    """Carries out single faults; when they happen and end is the stage's business."""

    def __init__(self, world: World, cloud: Cloud, rules: Rules) -> None:
        self._world = world
        self._cloud = cloud
        self._rules = rules

    def start(self, event: Event, now: datetime) -> tuple[str, End | None]:
        """Let *event* happen; what to say of it, and how it ends if it does by itself."""
        end = None
        if event.zone_outage is not None:
            self._world.fail_zone(event.zone_outage.zone)
        elif event.gray_failure is not None:
            self._world.fail_zone(event.gray_failure.zone, gray=True)
        elif event.heal is not None:
            self._world.heal_zone(event.heal.zone)
        elif event.node_silence is not None:
            self._silence(event.node_silence)
        elif event.traffic is not None:
            self._send(event.traffic)
        elif event.autoshift is not None or event.quota is not None:
            end = self._limited(event)
        elif event.brownout is not None:
            end = End(duration.seconds(event.brownout.lasts), self._brown_out(event.brownout))
        elif event.drought is not None:
            drought = event.drought
            shortage = Shortage(self._cloud, drought.zones, drought.more, now)
            end = End(duration.seconds(drought.lasts), shortage.end)
        return described(event), end

    def reclaim(self, surge: SpotSurge) -> None:
        """One wave: the oldest of each pool are recommended for a rebalance, warned, and ended."""
        with self._cloud.lock:
            running = Counter(
                Pool(zone=each.zone, type=each.type)
                for group in self._cloud.groups()
                for each in group.instances
                if each.lifecycle == "spot" and each.state == "InService" and each.reachable
            )
            for pool, count in running.items():
                if not surge.zones or pool.zone in surge.zones:
                    self._cloud.reclaim(pool, math.ceil(count * surge.percent / 100))

    def _limited(self, event: Event) -> End | None:
        """What AWS does by itself: a shift of its own, and a quota."""
        if event.autoshift is not None:
            zone = event.autoshift.zone
            self._cloud.autoshift(zone)
            over = partial(self._cloud.autoshift, zone, active=False)
            return End(duration.seconds(event.autoshift.lasts), over)
        if event.quota is None:
            return None
        before = self._cloud.supply.quotas[event.quota.market]
        self._cloud.set_quota(event.quota.market, event.quota.vcpus)
        over = partial(self._cloud.set_quota, event.quota.market, before)
        return End(duration.seconds(event.quota.lasts), over)

    def _send(self, change: Traffic) -> None:
        names = [(each.partition("/")[0], each.partition("/")[2]) for each in change.workloads]
        self._world.traffic.scale(change.percent / 100, names)

    def _silence(self, fault: NodeSilence) -> None:
        groups = {each.name: each for each in self._cloud.groups()}
        if fault.group not in groups:
            raise ValueError(f"unknown group {fault.group!r}: there are {', '.join(groups)}")
        group = groups[fault.group]
        for instance in sorted(group.instances, key=lambda each: each.id)[: fault.count]:
            with contextlib.suppress(ValueError):  # it has not registered yet, or no longer
                self._world.fail_node(instance.private_dns)

    def _brown_out(self, fault: Brownout) -> Callable[[], None]:
        if fault.api == "aws":
            return _added(self._rules.aws, aws_rule(fault))
        return _added(self._rules.kubernetes, kubernetes_rule(fault))


def _added(rules: list[Any], rule: AwsFault | KubeFault) -> Callable[[], None]:
    rules.append(rule)
    return partial(_take_out, rules, rule)


def _take_out(rules: list[Any], rule: AwsFault | KubeFault) -> None:
    with contextlib.suppress(ValueError):  # the list was cleared meanwhile
        rules.remove(rule)
