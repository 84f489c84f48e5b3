"""What a report of a run has to say, before it is drawn as Markdown or HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sopctl.core.codec import Json
from sopctl.core.journal import Head, Record
from sopctl.engine.fold import fold
from sopctl.engine.state import GOOD_PHASES, Item, RunState
from sopctl.views import events, states


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline; *style* is a name of ``screen.STYLES``."""

    at: str
    text: str
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """*changes* are (step, resource, before, after, how it stands)."""

    title: str
    facts: tuple[tuple[str, str], ...]
    changes: tuple[tuple[str, str, str, str, str], ...]
    timeline: tuple[Moment, ...]


def read(head: Head, records: Sequence[Record]) -> Report:
    """The report of one run, from its records alone."""
    state = fold(head.run, records)
    plan = state.plan
    title = plan.title if plan else head.runbook
    return Report(
        title=f"{title}: run {head.run}",
        facts=tuple(_facts(head, state)),
        changes=tuple(_changes(state)),
        timeline=tuple(_moment(record) for record in records),
    )


def _facts(head: Head, state: RunState) -> list[tuple[str, str]]:
    header, plan = state.header, state.plan
    found = [
        ("Outcome", _outcome(state)),
        *_times(state),
        ("Runbook", head.runbook),
        ("Target", head.target),
        ("By", f"{header.get('user', '?')} on {header.get('host', '?')}"),
    ]
    for name, key in (
        ("AWS caller", "caller"),
        ("Kubernetes user", "kubernetes_user"),
        ("Incident", "incident"),
        ("Reason", "reason"),
        ("sopctl", "version"),
        ("Runbook commit", "commit"),
        ("Plan hash", "plan_hash"),
    ):
        if value := header.get(key):
            found.append((name, str(value)))
    if plan:
        found += [(f"Parameter {key}", states.value(value)) for key, value in plan.params.items()]
        found += [("Takes back run", plan.source_run)] if plan.source_run else []
    return found


def _outcome(state: RunState) -> str:
    """How it ended, or where it stands: a report may be wanted before the end."""
    if state.end:
        return str(state.end)
    if state.parked:
        return f"not ended: parked ({state.parked['why']}): {state.parked['detail']}"
    return "not ended"


def _times(state: RunState) -> list[tuple[str, str]]:
    """When it started and ended, by the clock of the target, and how long that was."""
    if state.started is None or state.last is None:
        return []
    took = states.duration((state.last - state.started).total_seconds())
    return [
        ("Started", _time(state.started)),
        ("Ended" if state.end else "Last record", _time(state.last)),
        ("Duration", took),
    ]


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _changes(state: RunState) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            work.key,
            str(item.resource),
            readable(item.before),
            _after(item),
            str(item.phase) if item.phase in GOOD_PHASES else f"{item.phase}: {item.why}",
        )
        for work in state.works
        for item in work.items.values()
    ]


def _after(item: Item) -> str:
    """What it became; what it was to become stands with that word."""
    if item.phase in GOOD_PHASES:
        return readable(item.settled)
    return f"wanted {readable(item.after)}"


def readable(found: Json) -> str:
    """A state in full; one of a single field is that field's value."""
    if not isinstance(found, Mapping):
        return _value(found)
    if len(found) == 1:
        return _value(next(iter(found.values())))
    return ", ".join(f"{key}: {_value(value)}" for key, value in found.items()) or "{}"


def _value(found: Json) -> str:
    """JSON that is kept as text (a policy, say) as that JSON, not quoted and escaped again."""
    if isinstance(found, str) and found[:1] in ("{", "["):
        return found
    return states.value(found, full=True)


def _moment(record: Record) -> Moment:
    spans = events.told(record)
    styles = [style for _, style in spans if style not in ("", "strong")]
    text = "".join(text for text, _ in spans)
    return Moment(f"{record.at[:10]} {record.at[11:19]}", text, styles[0] if styles else "")
