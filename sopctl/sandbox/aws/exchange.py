"""Instances that a group exchanges while it has as many as it wants: launch, then terminate.

Source: Auto Scaling user guide, "Instance distribution" (rebalancing goes one by one and launches
first), "Use Capacity Rebalancing", and UpdateAutoScalingGroup in the API reference: a changed
share of on-demand instances replaces running instances gradually.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sopctl.sandbox.aws.buying import market_of, on_demand_share
from sopctl.sandbox.aws.patches.activities import terminate
from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.patches.instances import SandboxMember
from sopctl.sandbox.aws.reconcile import Reconciler, active, allowed, counted
from sopctl.sandbox.aws.supply import Market
from sopctl.sandbox.aws.victims import victim

REBALANCING = "invoked az rebalancing: instances were not balanced in zones."
AT_RISK = (
    "an instance was taken out of service in response to an EC2 instance rebalance recommendation."
)
MIGRATING = (
    "an instance was taken out of service in response to a difference between the desired and the "
    "actual distribution of purchase options."
)


class Exchange:
    """One round of exchanges for one group, after the reconciler's."""

    def __init__(self, reconciler: Reconciler) -> None:
        self._reconciler = reconciler

    def tick(self, group: SandboxGroup, now: datetime) -> bool:
        """Let go whoever has been replaced, and begin what comes next.

        Returns whether the group is content: it will want nothing until something changes.
        """
        _complete(group)
        if not allowed(group, "Launch", "Terminate"):
            return True
        self._replace_at_risk(group, now)
        if not _settled(group):
            return False
        rebalances = "AZRebalance" not in group.suspensions
        wanting = self._unbalanced(group) if rebalances else None
        if wanting is not None:
            leaving, zone = wanting
            if self._start(group, leaving, zone, market_of(leaving), REBALANCING):
                return False
        return not self._migrate(group) and wanting is None

    def _replace_at_risk(self, group: SandboxGroup, now: datetime) -> None:
        """Capacity rebalancing: all instances at risk at once, each after its replacement is up."""
        if not getattr(group, "capacity_rebalance", False):
            return
        for member in counted(group):
            at_risk = member.machine.rebalance_at is not None
            if not at_risk or member.lifecycle_state != "InService":
                continue
            for zone in self._reconciler.zones(group):
                if self._start(group, member, zone, market_of(member), AT_RISK):
                    break
                self._reconciler.note_failure(group, zone, now, AT_RISK)

    def _unbalanced(self, group: SandboxGroup) -> tuple[SandboxMember, str] | None:
        """Who is to leave for which zone: out of zones no longer wanted, then of the fullest."""
        if self._reconciler.shifted(group):
            return None
        present = counted(group)
        outside = [m for m in present if m.zone not in group.availability_zones]
        counts = Counter(dict.fromkeys(group.availability_zones, 0))
        counts.update(member.zone for member in present if member not in outside)
        order = sorted(counts, key=lambda zone: (counts[zone], zone))
        if not outside and counts[order[-1]] - counts[order[0]] <= 1:
            return None
        leaving = outside[0] if outside else victim(group, present, zone=order[-1])
        return (leaving, order[0]) if leaving is not None else None

    def _migrate(self, group: SandboxGroup) -> bool:
        """Exchange one instance of the market that is over its share; False if none is."""
        present = counted(group)
        wanted = on_demand_share(group, len(present))
        have = sum(market_of(member) == "on-demand" for member in present)
        if have == wanted:
            return False
        surplus: Market = "on-demand" if have > wanted else "spot"
        missing: Market = "spot" if surplus == "on-demand" else "on-demand"
        free = [member for member in present if market_of(member) == surplus]
        homes = {member.zone for member in free}
        for zone in sorted(self._reconciler.zones(group), key=lambda zone: zone not in homes):
            leaving = next((member for member in free if member.zone == zone), free[0])
            if self._start(group, leaving, zone, missing, MIGRATING):
                break
        return True

    def _start(
        self, group: SandboxGroup, leaving: SandboxMember, zone: str, market: Market, cause: str
    ) -> bool:
        arriving = self._reconciler.launch(group, zone, cause=cause, market=market)
        if arriving is None:
            return False
        leaving.successor, leaving.leaves_because = arriving, cause
        return True


def _settled(group: SandboxGroup) -> bool:
    """Whether the group has what it wants, all in service, with no exchange under way."""
    present = active(group)
    return len(present) == (group.desired_capacity or 0) and all(
        member.lifecycle_state == "InService" and member.successor is None for member in present
    )


def _complete(group: SandboxGroup) -> None:
    here = list(group.members())
    for member in here:
        successor = member.successor
        if successor is None:
            continue
        if member not in active(group) or successor not in here:
            member.successor = None
        elif successor.lifecycle_state == "InService" and allowed(group, "Terminate"):
            member.successor = None
            terminate(group, member, member.leaves_because)
        elif successor not in active(group):
            member.successor = None
