"""Which of the nodes that can take a pod is best: the scores of the default profile.

Source: kubernetes/pkg/scheduler/framework/plugins/{noderesources,tainttoleration,nodeaffinity,
podtopologyspread,interpodaffinity} and the weights of apis/config/v1/default_plugins.go. Every
plugin gives whole numbers from 0 to 100, so that ties are as common as they are there. Left out:
image locality. Where the real scheduler rolls dice, the first name wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling import preferences
from sopctl.sandbox.world.scheduling.affinity import prefers
from sopctl.sandbox.world.scheduling.quantities import NOTHING, Amount
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.spread import Spread
from sopctl.sandbox.world.scheduling.subject import Subject
from sopctl.sandbox.world.scheduling.tolerations import tolerates

_BEST = 100
_TAINTS, _SPREAD, _AFFINITY, _NEIGHBOURS = 3, 2, 2, 2


def best(pod: Subject, seats: Sequence[Seat], spread: Spread, snapshot: Snapshot) -> Seat:
    """Return the best of some nodes of a snapshot, of which there is at least one."""
    if len(seats) == 1:
        return seats[0]
    return min(top(pod, seats, spread, snapshot), key=lambda seat: seat.place.name)


def top(pod: Subject, seats: Sequence[Seat], spread: Spread, snapshot: Snapshot) -> list[Seat]:
    """Return all nodes that share the highest score: the real scheduler draws one of them."""
    wanted = pod.request if pod.presumed is NOTHING else pod.request + pod.presumed
    totals = [least_allocated(wanted, seat) for seat in seats]
    if pod.request.cpu or pod.request.memory:
        _add(totals, 1, [balanced(pod, seat) for seat in seats])
    if any(seat.place.repelling for seat in seats):
        repulsions = [_repulsion(pod, seat) for seat in seats]
        _add(totals, _TAINTS, [_BEST - each for each in _normal(repulsions)])
    if pod.preferred:
        _add(totals, _AFFINITY, _normal([prefers(pod.preferred, seat.place) for seat in seats]))
    if pod.soft:
        _add(totals, _SPREAD, spread.scores([seat.place for seat in seats]))
    if wished := preferences.scores(pod, snapshot, seats):
        _add(totals, _NEIGHBOURS, wished)
    highest = max(totals)
    return [seat for seat, total in zip(seats, totals, strict=True) if total == highest]


def least_allocated(wanted: Amount, seat: Seat) -> int:
    """NodeResourcesFit, LeastAllocated: what is left, where pods that ask for nothing count too."""
    capacity, used, presumed = seat.place.capacity, seat.used, seat.presumed
    cpu, memory = capacity.cpu, capacity.memory
    if not cpu or not memory:
        return 0  # simplified: no node of this world is without one of them
    free_cpu = cpu - used.cpu - presumed.cpu - wanted.cpu
    free_memory = memory - used.memory - presumed.memory - wanted.memory
    left_cpu = free_cpu * _BEST // cpu if free_cpu > 0 else 0
    left_memory = free_memory * _BEST // memory if free_memory > 0 else 0
    return (left_cpu + left_memory) // 2


def balanced(pod: Subject, seat: Seat) -> int:
    """NodeResourcesBalancedAllocation: how alike CPU and memory are used.

    It skips pods that ask for neither.
    """
    capacity, used, wanted = seat.place.capacity, seat.used, pod.request
    if not capacity.cpu or not capacity.memory:
        return _BEST
    cpu = (used.cpu + wanted.cpu) / capacity.cpu
    memory = (used.memory + wanted.memory) / capacity.memory
    if cpu > 1 or memory > 1:
        cpu, memory = min(1.0, cpu), min(1.0, memory)
    return int((1 - abs((cpu - memory) / 2)) * _BEST)


def _repulsion(pod: Subject, seat: Seat) -> int:
    """TaintToleration: how many PreferNoSchedule taints the pod does not tolerate."""
    return sum(_repels(taint, pod.tolerations) for taint in seat.place.repelling)


def _repels(taint: Obj, tolerations: Sequence[Obj]) -> bool:
    return not any(tolerates(each, taint) for each in tolerations)


def _normal(scores: list[int]) -> list[int]:
    """Scale so that the highest is 100 (`DefaultNormalizeScore`)."""
    most = max(scores)
    return [_BEST * each // most for each in scores] if most else scores


def _add(totals: list[int], weight: int, scores: Sequence[int]) -> None:
    for position, score in enumerate(scores):
        totals[position] += weight * score
