"""A run as it happens: live on a terminal, a line per event elsewhere, JSON lines on request.

Each view folds the records it is shown, as a leg does: what is drawn is what is durable.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sopctl.core.clock import boot_seconds, parse_stamp
from sopctl.core.codec import encode
from sopctl.core.journal import Record
from sopctl.engine import records as kinds
from sopctl.engine.fold import apply
from sopctl.engine.state import Phase, RunState, Work
from sopctl.views import events, states
from sopctl.views.lines import Line, Span, count, line, table, wrapped
from sopctl.views.screen import Screen, drawn

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live


REDRAW = 0.2  # seconds between two drawings while nothing happens


class RunView(Protocol):
    """Shows a run; every method may be called from the threads of a leg."""

    def records(self, records: Sequence[Record]) -> None: ...
    def waiting(self, why: str) -> None: ...
    def warn(self, text: str) -> None: ...

    def pause(self) -> None:
        """Stop drawing over the screen: a question follows, or the end."""
        ...


def of_run(state: RunState, records: Sequence[Record]) -> list[Record]:
    """Without those of another run, such as the one that is ended to be rolled back."""
    return [record for record in records if record.run == state.run]


class PlainView:
    """One line per event, with the time since the start."""

    def __init__(self, screen: Screen, state: RunState) -> None:
        self._screen = screen
        self._state = state
        self._waited_for = ""
        self._lock = threading.Lock()

    def records(self, records: Sequence[Record]) -> None:
        with self._lock:
            for record in of_run(self._state, records):
                if record.seq > self._state.seq:
                    apply(self._state, record)
                if spans := events.brief(record):
                    more = self._more(record)
                    self._screen.show(
                        [line((f"{self._elapsed(record):>8}  ", "quiet"), *spans, more)]
                    )

    def waiting(self, why: str) -> None:
        """Said once, not at every look."""
        with self._lock:
            if why != self._waited_for:
                self._waited_for = why
                self._screen.show([line(("          waiting for ", "quiet"), why)])

    def warn(self, text: str) -> None:
        self._screen.show([line(("warning: ", "warn"), text)])

    def pause(self) -> None:
        return

    def _elapsed(self, record: Record) -> str:
        if self._state.started is None:
            return ""
        seconds = parse_stamp(record.at) - self._state.started
        return states.duration(seconds.total_seconds())

    def _more(self, record: Record) -> Span:
        """How much a step that has ended was, and how long it took."""
        if record.kind != kinds.ENDED:
            return "", ""
        work = self._state.work(str(record.data["work"]))
        number = sum(item.phase is Phase.SETTLED for item in work.items.values())
        return (f"  {count(number, 'change')}", "quiet") if number else ("", "")


class JsonView:
    """One JSON object per record, as it stands in the journal; the plan itself is left out."""

    def __init__(self, screen: Screen, aside: Screen) -> None:
        self._screen = screen
        self._aside = aside
        self._lock = threading.Lock()

    def records(self, records: Sequence[Record]) -> None:
        with self._lock:
            for record in records:
                data = {k: v for k, v in record.data.items() if k not in ("plan", "book")}
                self._screen.data(
                    {
                        "schema": "sopctl.event/1",
                        "run": record.run,
                        "seq": record.seq,
                        "at": record.at,
                        "kind": record.kind,
                        "data": encode(data),
                    }
                )

    def waiting(self, _why: str) -> None:
        return

    def warn(self, text: str) -> None:
        self._aside.show([line(("warning: ", "warn"), text)])

    def pause(self) -> None:
        return


class LiveView:
    """The steps of the run, redrawn in place; below them what is being waited for."""

    def __init__(self, screen: Screen, state: RunState) -> None:
        self._screen = screen
        self._state = state
        self._live: Live | None = None
        self._lock = threading.RLock()
        self._why = ""
        self._why_since = 0.0
        self._drawn = 0.0
        self._warnings: list[str] = []

    def records(self, records: Sequence[Record]) -> None:
        with self._lock:
            for record in of_run(self._state, records):
                if record.seq > self._state.seq:
                    apply(self._state, record)
            self._why = ""
            self._draw()

    def waiting(self, why: str) -> None:
        with self._lock:
            if why != self._why:
                self._why, self._why_since = why, boot_seconds()
            if boot_seconds() - self._drawn >= REDRAW:
                self._draw()

    def warn(self, text: str) -> None:
        with self._lock:
            if self._live is None:  # it stands above what will be drawn
                self._screen.show([line(("warning: ", "warn"), text)])
                return
            self._warnings.append(text)
            self._draw()

    def pause(self) -> None:
        with self._lock:
            self._why = ""
            if self._live is not None:
                # Drawn whole, and once: a second drawing cannot reach what has scrolled away.
                self._live.update(self._group(still=True))
                self._live.stop()
                self._live = None
                self._warnings.clear()

    def _draw(self) -> None:
        from rich.live import Live  # noqa: PLC0415  # only for terminals

        if self._state.plan is None:
            return
        if self._live is None:
            self._live = Live(console=self._screen.console, auto_refresh=False)
            self._live.start()
        self._live.update(self._group(), refresh=True)
        self._drawn = boot_seconds()

    def _group(self, *, still: bool = False) -> Group:
        from rich.console import Group  # noqa: PLC0415  # only for terminals

        shown = progress(self._state, still=still)
        shown += [line(("warning: ", "warn"), text) for text in self._warnings]
        if self._why:
            waited = states.duration(boot_seconds() - self._why_since)
            shown.append(line((f"waiting {waited} for ", "quiet"), self._why))
        rows = [row for each in shown for row in wrapped(each, self._screen.width)]
        return Group(*[drawn(row) for row in rows])


def progress(state: RunState, *, still: bool = False) -> list[Line]:
    """Every step with its state, one line each; in a *still* picture nobody works any more."""
    rows: list[list[str | Span]] = []
    whys: list[list[str]] = []
    for work in state.works:
        if work.superseded and work.started is None:
            continue
        word, style = _standing(work)
        if still and word == "working":
            word = "parked"
        rows.append(
            [
                (events.MARK.get(style, ".."), style),
                (work.key, "strong"),
                (word, style),
                _detail(work),
            ]
        )
        whys.append([] if work.superseded else [why for why in (work.why, _moved(work)) if why])
    shown = []
    for row, said in zip(table(rows), whys, strict=True):
        shown += [row, *(line((why, "quiet"), indent=4) for why in said)]
    return shown


def _moved(work: Work) -> str:
    """That somebody else's change was written over, because it led to the same end."""
    moved = [item for item in work.items.values() if item.moved]
    if not moved:
        return ""
    what = f"{moved[0].resource}" + (f" and {len(moved) - 1} more" if len(moved) > 1 else "")
    return f"somebody else changed {what} since the plan; a roll back restores theirs"


def _standing(work: Work) -> Span:
    if work.superseded:
        return f"{work.outcome or 'not done'}, taken back", "quiet"
    if work.outcome is not None:
        return str(work.outcome), events.outcome_style(work.outcome)
    return ("working", "warn") if work.started else ("to do", "quiet")


def _detail(work: Work) -> Span:
    """How far the step is, and what is still watched."""
    parts = []
    if work.items:
        done = sum(not item.open for item in work.items.values())
        parts.append(f"{done}/{len(work.items)}")
    unknown = sum(item.phase is Phase.UNKNOWN for item in work.items.values())
    if unknown:
        parts.append(f"{unknown} unknown")
    if work.started and work.ended:
        parts.append(states.duration((work.ended - work.started).total_seconds()))
    for watched in () if work.superseded else work.watches.values():
        word = {None: "watching", True: "seen", False: "missing"}[watched.ok]
        if watched.what == "effect":
            parts.append(f"effect {word}")
        elif not watched.ok:
            parts.append(f"second look {word}")
    return ", ".join(parts), "quiet"


def ended(state: RunState) -> list[Line]:
    """What to say when a run is over: what it did, and how to take it back."""
    held = len(state.in_place)
    shown = [line(("Run ", "strong"), state.run, " ended: ", (str(state.end), "good"), ".")]
    if state.plan and state.plan.source_run:
        return shown
    if held:
        verb = "is" if held == 1 else "are"
        shown.append(line(f"{count(held, 'change')} {verb} in place; the way back:"))
        shown.append(line((f"sopctl rollback {state.run}", "strong"), indent=4))
    return shown
