"""Drills on the screen: what happens, what came of it, with the SOP and without, and the trend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sopctl.core.codec import Json, encode
from sopctl.core.drill import Drill
from sopctl.core.measures import Happened, Totals
from sopctl.sandbox.scenario.model import Scenario
from sopctl.views.lines import EMPTY, Line, Span, count, line, table

Row = list[str | Span]


def announced(runbook: str, scenario: Scenario) -> list[Line]:
    """What is about to be rehearsed, and where."""
    title = scenario.metadata.title
    head = line("Drill of ", (runbook, "strong"), " in ", (scenario.name, "strong"), f": {title}.")
    return [head, line(("Your own sandbox and targets are left alone.", "quiet"))]


def moment(happened: Happened) -> Line:
    """Something that happened, when."""
    return line((clock(happened.at), "quiet"), f"  {happened.what}", indent=2)


def clock(seconds: float) -> str:
    """Minutes and seconds since the timeline began."""
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def lines(drill: Drill, page: Path | None = None) -> list[Line]:
    """What came of it."""
    shown = [EMPTY, _verdict(drill), EMPTY, *_timings(drill), EMPTY, *_comparison(drill)]
    if drill.differences:
        shown += [EMPTY, line(("Not as before:", "bad"))]
        shown += [line(each, indent=2) for each in drill.differences[:20]]
        if (more := len(drill.differences) - 20) > 0:
            shown.append(line(f"and {more} more", indent=2))
    for deed in drill.deeds[:40]:
        shown.append(line((clock(deed.at), "quiet"), f"  {deed.what}", indent=2))
    shown += [EMPTY, line(f"Drill {drill.id}, which took {drill.took:.0f} s here.")]
    return [*shown, line(f"Page: {page}")] if page else shown


def _verdict(drill: Drill) -> Line:
    if drill.mode == "hands-on":
        found = drill.sop.totals.recovered
        how: Span = ("recovered", "good") if found is not None else ("not recovered", "warn")
        return line(("Hands-on: the world has ", ""), how, ".")
    if drill.passed:
        return line(("Passed", "good"), ": run, rolled back, and everything is as it was before.")
    what = f"the run ended {drill.outcome!r}, the roll back {drill.back!r}"
    if drill.differences:
        what += f", and {count(len(drill.differences), 'field')} differ from before"
    return line(("Failed", "bad"), f": {what}.")


def _timings(drill: Drill) -> list[Line]:
    first = next((each.at for each in drill.sop.happened), 0.0)
    times = drill.timings
    rows: list[Row] = []
    for name, at in (
        ("first fault", first),
        ("run begins", times.began),
        ("first mitigation in place", times.first_change),
        ("last mitigation in place", times.mitigated),
        ("run ends", times.ended),
        ("recovered", drill.sop.totals.recovered),
        ("rolled back", times.rolled_back),
    ):
        if at is not None:
            rows.append([name, (clock(at), "strong"), (f"{(at - first) / 60:+.1f} min", "quiet")])
    if times.at_gates:
        rows.append(["at gates", f"{times.at_gates:.0f} s", ""])
    return table(rows, indent=2)


def _comparison(drill: Drill) -> list[Line]:
    base = drill.base.totals if drill.base else None
    head: Row = ["", ("with the SOP", "quiet"), ("without", "quiet") if base else ""]
    rows: list[Row] = [head]
    for name, mine, theirs in compared(drill.sop.totals, base):
        rows.append([name, (mine, "strong"), theirs])
    return table(rows, indent=2)


def compared(sop: Totals, base: Totals | None) -> Iterator[tuple[str, str, str]]:
    """The measures by name, with the SOP and without."""

    def both(name: str, field: str, form: str = "{:.0f}") -> tuple[str, str, str]:
        mine, theirs = getattr(sop, field), getattr(base, field) if base else None
        return name, form.format(mine), "" if theirs is None else form.format(theirs)

    yield both("pod-minutes pending", "pending_minutes", "{:.1f}")
    yield both("pod-minutes not ready", "unready_minutes", "{:.1f}")
    yield both("most pods pending at once", "most_pending")
    yield both("launches into a failed zone", "dead_launches")
    yield both("instances launched", "launched")
    yield both("instances terminated", "terminated")
    yield both("pods that went", "gone")
    if sop.offered:
        yield both("requests lost", "lost")
    yield "recovered", _recovered(sop), "" if base is None else _recovered(base)


def _recovered(totals: Totals) -> str:
    """When nearly all pods ran again, since the timeline began."""
    if not totals.hurt:
        return "nearly all pods ran throughout"
    return "not recovered" if totals.recovered is None else clock(totals.recovered)


def data(drill: Drill) -> Json:
    """The whole record."""
    return encode(drill)


def short(drill: Drill) -> Json:
    """One line of the history."""
    totals = drill.sop.totals
    return {
        "schema": "sopctl.drill.history/1",
        "id": drill.id,
        "held": drill.held,
        "runbook": drill.runbook,
        "scenario": drill.scenario,
        "mode": drill.mode,
        "passed": drill.passed,
        "timings": encode(drill.timings),
        "totals": encode(totals),
    }


def history(found: Sequence[Drill]) -> list[Line]:
    """One line each, oldest first, with what got faster or slower since the one before."""
    if not found:
        return [line("No drill was held yet. Hold one: `sopctl drill az-failure`.")]
    heads = ("HELD", "RUNBOOK", "SCENARIO", "RESULT", "MITIGATED", "RECOVERED", "DRILL")
    rows: list[Row] = [[(head, "quiet") for head in heads]]
    before: dict[tuple[str, str], Drill] = {}
    for each in found:
        rows.append(_row(each, before.get((each.runbook, each.scenario))))
        before[each.runbook, each.scenario] = each
    return table(rows)


def _row(drill: Drill, before: Drill | None) -> Row:
    result: Span = ("passed", "good") if drill.passed else ("failed", "bad")
    if drill.mode == "hands-on":
        result = ("hands-on", "")
    return [
        drill.held[:16].replace("T", " "),
        drill.runbook,
        drill.scenario,
        result,
        _trend(mitigation(drill), mitigation(before) if before else None),
        _trend(recovery(drill), recovery(before) if before else None),
        (drill.id, "quiet"),
    ]


def mitigation(drill: Drill) -> float | None:
    """Seconds from the begin of the run to the last mitigation."""
    times = drill.timings
    if times.began is None or times.mitigated is None:
        return None
    return times.mitigated - times.began


def recovery(drill: Drill) -> float | None:
    """Seconds from the first fault to recovery."""
    first = next((each.at for each in drill.sop.happened), None)
    found = drill.sop.totals.recovered
    return None if first is None or found is None else found - first


def _trend(now: float | None, then: float | None) -> str:
    if now is None:
        return "-"
    if then is None or abs(now - then) < 1:
        return f"{now:.0f} s"
    return f"{now:.0f} s ({now - then:+.0f})"
