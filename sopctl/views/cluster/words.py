"""What does not belong to one zone: the whole, what waits, what is held, what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sopctl.core.overview import (
    Away,
    Discovery,
    Gap,
    GroupNow,
    Held,
    Marked,
    Overview,
    Waiting,
    sums,
)
from sopctl.facts.objects import spread
from sopctl.views import states
from sopctl.views.cluster.numbers import nodes_of, pending_of, pods_of
from sopctl.views.cluster.shape import cut, listed
from sopctl.views.lines import Line, Span, count, line
from sopctl.views.plan import UNNAMED

_NAMES: Final = 3  # workloads that are named of those that wait, on a screen that is bounded
_TAINT: Final = re.compile(r"^had untolerated taint \{(?:[^{}:]*/)?([^{}:]*): ?([^{}]*)\}$")


def head(over: Overview) -> list[Line]:
    """Which cluster, when, and how much of it is there."""
    found: Mapping[str, Any] = over.target
    parts = [str(found.get("name") or "?")]
    parts += [f"account {found['account']}"] if found.get("account") else []
    parts += [str(found["region"])] if found.get("region") else []
    parts += [f"cluster {found['cluster_uid']}"] if found.get("cluster_uid") else []
    if found.get("name") == UNNAMED:
        known = ("context", "profile", "server")
        parts += [f"{what} {found[what]}" for what in known if found.get(what)]
    spans: list[Span] = [(", ".join(parts), "target")]
    if env := str((found.get("labels") or {}).get("env", "")):
        spans.append((f"  env={env}", "danger" if env.startswith("prod") else "quiet"))
    return [line(*spans), line((moment(over.at), "strong"), *_sums(over))]


def gaps(over: Overview) -> list[Line]:
    """What of all this is old or missing; it stands above what looks as if it were now."""
    return list(map(_gap, over.gaps))


def moment(at: str) -> str:
    """A time to the second, as people say it."""
    return f"{at[:19].replace('T', ' ')} UTC"


def _sums(over: Overview) -> Iterator[Span]:
    found = sums(over.nodes)
    for each in (nodes_of(over, found), pods_of(over, found), [pending_of(over)]):
        yield "  ", ""
        yield from listed(each)


def foot(over: Overview, width: int, most: int) -> list[Line]:
    """Every section, each of at most *most* rows (0: of all), cut to *width* (0: whole)."""
    sections = (
        [_waiting(each, _NAMES if width else 0) for each in over.waiting],
        list(_groups(over.groups)),
        [_away(each, over) for each in over.away],
        [row for each in over.held for row in _held(each)],
        [_marked(each) for each in over.marked],
    )
    return [cut(row, width) for section in sections for row in _bounded(section, most)]


def _bounded(rows: Sequence[Line], most: int) -> Sequence[Line]:
    if not most or len(rows) <= most:
        return rows
    return [*rows[: most - 1], line((f"... and {len(rows) - most + 1} rows more", "quiet"))]


def _waiting(each: Waiting, names: int) -> Line:
    """The spread first, as that is what a runbook can do something about."""
    why = sorted(each.reasons, key=lambda text: spread.BLOCKED not in text)
    shown = [f"{name} {number}" for name, number in each.owners]
    if names and len(shown) > names:
        shown = [*shown[:names], f"{len(shown) - names} more"]
    return line(
        (f"pending {each.pods} ", "bad"),
        f"({', '.join(shown)}): ",
        (", ".join(map(_shorter, why)), "warn"),
    )


def _shorter(reason: str) -> str:
    """``had untolerated taint {dedicated: batch}`` is said of every node of a dead zone."""
    return _TAINT.sub(lambda found: f"taint {found[1]}" + (f"={found[2]}" * bool(found[2])), reason)


def _groups(groups: Sequence[GroupNow]) -> Iterator[Line]:
    """Groups that the autoscaler does not scale."""
    out: dict[str, list[str]] = {}
    for group in groups:
        if group.discovery is Discovery.TAKEN_OUT:
            out.setdefault(group.run, []).append(group.title)
    for run, names in out.items():
        yield line(
            ("taken out of the autoscaler: ", "warn"),
            ", ".join(names),
            (f"  by run {run}", "quiet"),
        )
    outside = [group.title for group in groups if group.discovery is Discovery.OUTSIDE]
    if outside:
        yield line(("not in the autoscaler: ", "quiet"), ", ".join(outside))


def _away(each: Away, over: Overview) -> Line:
    name = next((zone.name for zone in over.zones if zone.id and zone.id == each.zone), "")
    where = f"{name} ({each.zone})" if name else each.zone
    left = "no end set"
    if each.left is not None:
        left = f"{states.duration(max(each.left, 0))} left, until {each.until[11:16]} UTC"
    comment = f"  {each.comment}" if each.comment else ""
    return line(
        (f"traffic away from {where}: ", "warn"),
        f"{', '.join(each.resources)}; {left}",
        (comment, "quiet"),
    )


def _held(each: Held) -> Iterator[Line]:
    style = "warn" if each.state == "in place" else "bad"
    spans: list[Span] = [(f"{each.run} ", "strong"), (f"{each.runbook} {each.state}", style)]
    if each.takes_back:
        spans.append((f", takes back {each.takes_back}", ""))
    if each.due is not None and each.due < 0:
        spans.append((f", overdue since {states.duration(-each.due)}", "bad"))
    elif each.due is not None:
        spans.append((f", to be rolled back within {states.duration(each.due)}", "quiet"))
    spans.append((f", by {each.who}, {states.duration(each.age)} ago", "quiet"))
    spans += [(f", incident {each.incident}", "quiet")] if each.incident else []
    spans += [(f", waits for {each.waits}", "warn")] if each.waits else []
    yield line(*spans)
    if each.steps:
        steps = ", ".join(f"{step} {number}" for step, number in each.steps)
        yield line(("holds ", "quiet"), steps, indent=4)


def _marked(each: Marked) -> Line:
    objects = ", ".join(count(number, what) for what, number in each.objects)
    return line(
        (f"{each.run} ", "strong"),
        ("not in this journal as open or in place", "warn"),
        f": {objects} bear its marks",
    )


def _gap(each: Gap) -> Line:
    what = ", ".join(each.what)
    state = f"as of {moment(each.since)}" if each.since else "missing"
    return line((f"{what} {state}: ", "bad"), each.why)
