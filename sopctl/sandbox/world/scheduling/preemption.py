"""Preemption: which pods of lower priority have to go so that a pod fits.

Source: kubernetes/pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go and
framework/preemption/preemption.go (`SelectVictimsOnNode`, `pickOneNodeForPreemption`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.filters import Filter, Refusal
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Subject
from sopctl.sandbox.world.selectors import matches

_NODES = 100  # minCandidateNodesAbsolute: so many nodes that would do are compared
_OFFSET = 2**31  # so that two victims always weigh more than one


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A PodDisruptionBudget: whom it selects, and how many of them it lets go now."""

    namespace: str
    selector: Obj | None
    allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preemption:
    """The pods that have to leave a node; budgets are broken only where nothing else helps."""

    node: str
    victims: tuple[Subject, ...]
    broken: int


def budget(found: Obj) -> Budget:
    """Read a PodDisruptionBudget."""
    return Budget(
        namespace=found["metadata"]["namespace"],
        selector=found["spec"].get("selector"),
        allowed=(found.get("status") or {}).get("disruptionsAllowed") or 0,
    )


def may_preempt(pod: Subject, nominated: Seat | None) -> bool:
    """Whether a pod may ask for victims: not by policy Never, nor while victims are leaving."""
    if pod.spec.get("preemptionPolicy") == "Never":
        return False
    leaving = nominated.sitting if nominated is not None else ()
    return not any(each.terminating and each.priority < pod.priority for each in leaving)


def preempt(
    pod: Subject,
    snapshot: Snapshot,
    refusals: Mapping[str, Refusal],
    budgets: Callable[[], Sequence[Budget]],
) -> Preemption | None:
    """Return the least harmful preemption that lets a refused pod in, or None."""
    asked: Filter | None = None
    found: list[Preemption] = []
    for name, refusal in refusals.items():
        if not refusal.resolvable or len(found) >= _NODES:
            continue
        seat = snapshot.seats[name]
        if not seat.outranked_by(pod):
            continue
        asked = asked or Filter(pod, snapshot)
        option = _victims(asked, seat, budgets())
        if option is not None:
            found.append(option)
    return _mildest(found)


def _victims(asked: Filter, seat: Seat, budgets: Sequence[Budget]) -> Preemption | None:
    """Take all lower pods away, then give back as many as can stay, the important ones first."""
    lower = [each for each in seat.sitting if each.priority < asked.pod.priority]
    trial = seat.copy()
    for each in lower:
        trial.remove(each)
        asked.note(each, seat, -1)
    gone: list[Subject] = []
    broken = 0
    if asked.refusal(trial) is None:
        breaking, others = _by_budget(_important(lower), budgets)
        for each in (*breaking, *others):
            trial.add(each)
            asked.note(each, seat)
            if asked.refusal(trial) is not None:
                trial.remove(each)
                asked.note(each, seat, -1)
                gone.append(each)
                broken += each in breaking
    else:
        gone = lower
        broken = -1
    for each in gone:
        asked.note(each, seat)
    if broken < 0:
        return None
    return Preemption(node=seat.place.name, victims=tuple(gone), broken=broken)


def _important(found: Iterable[Subject]) -> list[Subject]:
    """Sort by priority, then by age (`MoreImportantPod`)."""
    return sorted(found, key=lambda pod: (-pod.priority, pod.started, pod.name))


def _by_budget(
    found: Iterable[Subject], budgets: Sequence[Budget]
) -> tuple[list[Subject], list[Subject]]:
    """Split into pods whose going breaks a budget, and others (`filterPodsWithPDBViolation`)."""
    left = [each.allowed for each in budgets]
    breaking: list[Subject] = []
    others: list[Subject] = []
    for pod in found:
        breaks = False
        for position, each in enumerate(budgets):
            own = each.namespace == pod.namespace and pod.labels
            if own and matches(each.selector, pod.labels):
                left[position] -= 1
                breaks = breaks or left[position] < 0
        (breaking if breaks else others).append(pod)
    return breaking, others


def _mildest(found: Sequence[Preemption]) -> Preemption | None:
    """Pick a node: fewest broken budgets, lowest and fewest victims, then the youngest ones."""
    if not found:
        return None
    least = min(_harm(each) for each in found)
    tied = [each for each in found if _harm(each) == least]
    return max(tied, key=lambda each: _earliest_start(each.victims))


def _harm(option: Preemption) -> tuple[int, int, int, int]:
    priorities = [each.priority for each in option.victims]
    total = sum(each + _OFFSET for each in priorities)
    return option.broken, max(priorities, default=-_OFFSET), total, len(priorities)


def _earliest_start(victims: Sequence[Subject]) -> str:
    """Return when the oldest of the highest victims started."""
    top = max((each.priority for each in victims), default=0)
    return min((each.started for each in victims if each.priority == top), default="")
