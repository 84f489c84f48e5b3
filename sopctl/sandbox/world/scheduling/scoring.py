"""Which of the nodes that can take a pod is best: the scores of the default profile.

Source: kubernetes/pkg/scheduler/framework/plugins/{noderesources,tainttoleration,nodeaffinity,
podtopologyspread,interpodaffinity} and the weights of apis/config/v1/default_plugins.go. Left out:
image locality. Where the real scheduler rolls dice, the first name wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling import preferences
from sopctl.sandbox.world.scheduling.affinity import prefers
from sopctl.sandbox.world.scheduling.snapshot import Seat
from sopctl.sandbox.world.scheduling.spread import Spread
from sopctl.sandbox.world.scheduling.subject import Subject
from sopctl.sandbox.world.scheduling.tolerations import tolerates

_BEST = 100
_TAINTS, _SPREAD, _AFFINITY, _NEIGHBOURS = 3, 2, 2, 2


def best(pod: Subject, seats: Sequence[Seat], spread: Spread, everyone: Sequence[Seat]) -> Seat:
    """Return the best of some nodes, of which there is at least one; *everyone* is all nodes."""
    if len(seats) == 1:
        return seats[0]
    totals = _room(pod, seats)
    if any(seat.place.repelling for seat in seats):
        _add(totals, _TAINTS, _reversed([_repulsion(pod, seat) for seat in seats]))
    if pod.preferred:
        wishes = [float(prefers(pod.preferred, seat.place)) for seat in seats]
        most = max(wishes)
        _add(totals, _AFFINITY, [_BEST * each / most if most else 0 for each in wishes])
    if pod.soft:
        places = [seat.place for seat in seats]
        _add(totals, _SPREAD, spread.scores(places))
    if wishes_for := preferences.terms(pod):
        _add(totals, _NEIGHBOURS, preferences.scores(pod, wishes_for, everyone, seats))
    top = max(totals)
    tied = (seat for seat, total in zip(seats, totals, strict=True) if total == top)
    return min(tied, key=lambda seat: seat.place.name)


def _room(pod: Subject, seats: Sequence[Seat]) -> list[float]:
    """LeastAllocated and BalancedAllocation, after the pod."""
    wanted = pod.request
    found = []
    for seat in seats:
        capacity, used = seat.place.capacity, seat.used
        cpu = (used.cpu + wanted.cpu) / (capacity.cpu or 1)
        memory = (used.memory + wanted.memory) / (capacity.memory or 1)
        if cpu > 1 or memory > 1:
            cpu, memory = min(1.0, cpu), min(1.0, memory)
        found.append(_BEST * ((1 - cpu + 1 - memory) / 2 + (1 - abs(cpu - memory) / 2)))
    return found


def _repulsion(pod: Subject, seat: Seat) -> float:
    """TaintToleration: how many PreferNoSchedule taints the pod does not tolerate."""
    return sum(_repels(taint, pod.tolerations) for taint in seat.place.repelling)


def _repels(taint: Obj, tolerations: Sequence[Obj]) -> bool:
    return not any(tolerates(each, taint) for each in tolerations)


def _reversed(counts: list[float]) -> list[float]:
    most = max(counts)
    return [_BEST * (1 - each / most) if most else _BEST for each in counts]


def _add(totals: list[float], weight: int, scores: Sequence[float]) -> None:
    for position, score in enumerate(scores):
        totals[position] += weight * score
