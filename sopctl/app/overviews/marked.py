"""Runs that nodes, groups and NodePools are marked by: seen by whoever has no journal of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

from sopctl.app.overviews.folding import Seen
from sopctl.core.overview import Marked
from sopctl.marks import annotation, asg_tag


def marked(seen: Seen, known: Collection[str]) -> tuple[Marked, ...]:
    """What each run but those *known* has marked, counted in objects, oldest run first."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for what, runs in _marks(seen):
        for run in runs - set(known):
            found[run][what] += 1
    return tuple(Marked(run=run, objects=tuple(found[run].items())) for run in sorted(found))


def _marks(seen: Seen) -> Iterator[tuple[str, set[str]]]:
    """For each object what it is, and the runs whose marks it bears."""
    for group in seen.groups or ():
        yield "group", asg_tag.holders({key: tag.value for key, tag in group.tags.items()})
    for node in seen.nodes or ():
        yield "node", annotation.holders(node.annotations)
    for pool in seen.pools or ():
        yield "NodePool", annotation.holders(pool.annotations)
