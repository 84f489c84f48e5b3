"""Scale-up in effect: requests in flight, launches that fail, events for pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sopctl.sandbox.world import conditions, pods
from sopctl.sandbox.world.autoscaler.backoff import Backoff
from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.autoscaler.expander import Expander
from sopctl.sandbox.world.autoscaler.health import Readiness
from sopctl.sandbox.world.autoscaler.scale_up import BACKED_OFF, Increase, Plan, offer, plan
from sopctl.sandbox.world.autoscaler.settings import Settings
from sopctl.sandbox.world.autoscaler.template import template
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.ports import CloudPort, Obj
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Subject
from sopctl.sandbox.world.scheduling.volumes import pinned
from sopctl.sandbox.world.view import View

NAME = "cluster-autoscaler"
NOT_READY = "not ready for scale-up"
_REPEAT = timedelta(minutes=5)  # the event recorder drops what it has just said
_EXPENDABLE = -10  # --expendable-pods-priority-cutoff
_NO_CAPACITY = "placeholder-cannot-be-fulfilled"
_TIMED_OUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A raised size that has not become nodes yet."""

    increase: int
    since: datetime


def waiting_pods(view: View) -> list[Subject]:
    """Return the pods that the scheduler declared unschedulable."""
    found = []
    for pod in view.on_node(""):
        if not pods.is_active(pod):
            continue
        verdict = conditions.find(pod, "PodScheduled")
        refused = verdict is not None and verdict.get("reason") == "Unschedulable"
        if refused and (pod["spec"].get("priority") or 0) >= _EXPENDABLE:
            found.append(pinned(view, pod))
    return found


class Growth:
    """Raises groups and follows what comes of it."""

    def __init__(self, cloud: CloudPort, settings: Settings, backoff: Backoff) -> None:
        """Start with no request in flight."""
        self._cloud = cloud
        self._settings = settings
        self._backoff = backoff
        self._expander = Expander(settings)
        self._requests: dict[str, _Request] = {}
        self._grew: datetime | None = None
        self._version = 0
        self._hopeless: object = None
        self._said: dict[tuple[str, str], datetime] = {}

    def check(
        self,
        view: View,
        groups: Sequence[NodeGroup],
        counts: Mapping[str, Readiness],
        now: datetime,
    ) -> tuple[NodeGroup, ...]:
        """Finish requests that came true or failed; a failed one gives its size back."""
        names = {group.name for group in groups}
        for name in [each for each in self._requests if each not in names]:
            del self._requests[name]  # a dropped group: forgotten, and its size is not lowered
        checked = []
        for group in groups:
            request = self._requests.get(group.name)
            if request is not None and self.upcoming(group, counts[group.name]) == 0:
                del self._requests[group.name]
                self._backoff.succeed(group.name)
            failure = self._failure(view, group, now)
            checked.append(group if failure is None else self._give_back(view, group, failure, now))
        return tuple(checked)

    def _failure(self, view: View, group: NodeGroup, now: datetime) -> tuple[str, str] | None:
        """Return (code, message) when a group cannot launch, or did not in time."""
        if self._cannot_launch(group):
            text = f"AWS cannot provision any more instances for this node group {group.name}"
            return _NO_CAPACITY, text
        request = self._requests.get(group.name)
        if request is None or now - request.since <= group.provision_time:
            return None
        waited = f"{(now - request.since).total_seconds() / 60:.0f}m0s"
        said = f"Nodes added to group {group.name} failed to register within {waited}"
        self._warn(view, "ScaleUpTimedOut", said, now)
        return _TIMED_OUT, f"Scale-up timed out for node group {group.name} after {waited}"

    def look(self, version: int) -> None:
        """Take note of the version of what runs where: another one may let a group help."""
        self._version = version

    def upcoming(self, group: NodeGroup, counts: Readiness) -> int:
        """How many nodes of a group are wanted and have not started (`GetUpcomingNodes`)."""
        started = counts.ready + counts.unready + counts.being_deleted
        return max(0, group.target - started - counts.long_unregistered)

    def growing(
        self, groups: Sequence[NodeGroup], counts: Mapping[str, Readiness]
    ) -> frozenset[str]:
        """The groups with a request in flight."""
        return frozenset(
            group.name
            for group in groups
            if group.name in self._requests and self.upcoming(group, counts[group.name])
        )

    def grew_recently(self, now: datetime) -> bool:
        """Whether scale-down rests after a scale-up (--scale-down-delay-after-add)."""
        return self._grew is not None and now - self._grew < self._settings.delay_after_add

    def grow(
        self,
        view: View,
        waiting: Sequence[Subject],
        groups: tuple[NodeGroup, ...],
        counts: Mapping[str, Readiness],
        snapshot: Snapshot,
        now: datetime,
    ) -> tuple[tuple[NodeGroup, ...], bool]:
        """Raise the best group, if any helps; return the groups and whether one was raised."""
        if not waiting:
            return groups, False
        blocked = self._blocked(groups, counts, now)
        known = (
            self._version,
            tuple(pod.uid for pod in waiting),
            tuple((g.name, g.target, g.max, blocked.get(g.name)) for g in groups),
        )
        if known == self._hopeless:
            return groups, False  # as before: nothing helps, and that was said
        daemons = view.all("daemonsets")

        def template_of(group: NodeGroup, name: str) -> Seat:
            return template(group, name, daemons)

        offered = offer(waiting, groups, snapshot, template_of, blocked)
        best = self._expander.best(view, offered.options, now) if offered.options else None
        similar = self._settings.balance_ignored if self._settings.balance else None
        chosen = plan(waiting, offered, best, similar)
        for increase in chosen.increases:
            self._request(increase, now)
        self._tell(view, chosen, now)
        self._hopeless = None if chosen.increases else known
        sizes = {each.group.name: each.size for each in chosen.increases}
        raised = tuple(replace(g, target=sizes.get(g.name, g.target)) for g in groups)
        return raised, bool(sizes)

    def _request(self, increase: Increase, now: datetime) -> None:
        """Ask the cloud for a larger group, and remember what is on its way."""
        name = increase.group.name
        self._cloud.set_desired(name, increase.size)
        open_ = self._requests.get(name)
        grown = increase.size - increase.group.target + (open_.increase if open_ else 0)
        self._requests[name] = _Request(increase=grown, since=now)
        self._grew = now

    def is_safe(self, group: NodeGroup, counts: Readiness) -> bool:
        """Whether so few of a group's nodes are missing that it may grow (`IsNodeGroupHealthy`)."""
        request = self._requests.get(group.name)
        increase = request.increase if request else 0
        missing = group.target - counts.long_unregistered - increase - counts.ready
        known = counts.ready + counts.unready + counts.not_started
        share = self._settings.max_unready_percent / 100 * known
        return not (missing > self._settings.ok_unready and missing > share)

    def _blocked(
        self, groups: Sequence[NodeGroup], counts: Mapping[str, Readiness], now: datetime
    ) -> dict[str, str]:
        blocked: dict[str, str] = {}
        for group in groups:
            if not self.is_safe(group, counts[group.name]):
                blocked[group.name] = NOT_READY
            elif self._backoff.current(group.name, now) is not None:
                blocked[group.name] = BACKED_OFF
        return blocked

    def _cannot_launch(self, group: NodeGroup) -> bool:
        """Whether the group's last scaling activity failed, which its placeholders then show.

        A suspended Launch leaves no failed activity: the autoscaler waits the whole time.
        """
        if len(group.instances) >= group.target or "Launch" in group.group.suspended:
            return False
        return not any(self._cloud.launchable(zone) for zone in group.group.zones)

    def _give_back(
        self, view: View, group: NodeGroup, failure: tuple[str, str], now: datetime
    ) -> NodeGroup:
        """Lower the size to what exists and leave the group alone for a while."""
        self._requests.pop(group.name, None)
        code, message = failure
        size = max(group.group.min, len(group.instances))
        if self._backoff.current(group.name, now) is None:
            self._backoff.fail(group.name, now, code, message)
        if size >= group.target:
            return group
        self._cloud.set_desired(group.name, size)
        self._warn(view, "ScaleUpFailed", message, now)
        return replace(group, target=size)

    def _tell(self, view: View, chosen: Plan, now: datetime) -> None:
        self._said = {what: at for what, at in self._said.items() if now - at < _REPEAT}
        for each in chosen.increases:
            before = each.group.target
            text = (
                f"Scale-up: setting group {each.group.name} size to {each.size} instead of "
                f"{before} (max: {each.group.max})"
            )
            self._announce(view, News(reason="ScaledUpGroup", message=text, component=NAME), now)
        grown = " ".join(
            f"{{{each.group.name} {each.group.target}->{each.size} (max: {each.group.max})}}"
            for each in chosen.increases
        )
        for pod in chosen.helped:
            text = f"pod triggered scale-up: [{grown}]"
            self._say(view, pod, "TriggeredScaleUp", text, now)
        for pod in chosen.unhelped:
            reasons = ", ".join(
                f"{count} {reason}" for reason, count in sorted(chosen.refusals[pod.uid].items())
            )
            self._say(
                view, pod, "NotTriggerScaleUp", f"pod didn't trigger scale-up: {reasons}", now
            )

    def _say(self, view: View, about: Subject, reason: str, text: str, now: datetime) -> None:
        pod = view.get("pods", about.name, about.namespace)
        if pod is None or (about.uid, text) in self._said:
            return
        self._said[about.uid, text] = now
        record(view, pod, News(reason=reason, message=text, component=NAME), now)

    def _warn(self, view: View, reason: str, text: str, now: datetime) -> None:
        news = News(reason=reason, message=text, component=NAME, type="Warning")
        self._announce(view, news, now)

    def _announce(self, view: View, news: News, now: datetime) -> None:
        announce(view, self._settings, news, now)


def announce(view: View, settings: Settings, news: News, now: datetime) -> None:
    """Write an Event about the status ConfigMap, as the autoscaler does for the cluster."""
    about: Obj | None = view.get("configmaps", settings.status_name, settings.namespace)
    if about is not None:
        record(view, about, news, now)
