"""Carry out one move: each function reads or writes the target and records what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sopctl.core.action import Mark
from sopctl.core.codec import Json, encode
from sopctl.core.errors import PermissionDeniedError, RefusedError, SopError
from sopctl.core.journal import Entry
from sopctl.core.runbook import OnEmpty, OnFailure
from sopctl.engine import environment, records
from sopctl.engine.compare import change_of
from sopctl.engine.finding import find
from sopctl.engine.fold import fold
from sopctl.engine.holdings import left_to_others
from sopctl.engine.joining import beside, held_by_others, joined, refuse_returning
from sopctl.engine.moves import (
    AskCheck,
    AskWhen,
    Begin,
    Close,
    Fence,
    Finish,
    Move,
    RemoveMarks,
    Select,
    SetMarks,
    Tell,
    TurnBack,
    Window,
)
from sopctl.engine.session import Session
from sopctl.engine.state import Outcome, RunState, Work
from sopctl.engine.telling import tell
from sopctl.engine.window import UNREADABLE, told, write_window

POLL = 1.0  # seconds of the target's clock between two looks
LONGEST_POLL = 10.0  # of a check that has been asked for minutes
UNMARK_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds before each try


def perform(session: Session, move: Move) -> None:
    """Carry out *move*."""
    _PERFORM[type(move)](session, move)


def _begin(session: Session, move: Begin) -> None:
    work = session.state.work(move.work)
    started = records.step(work.key)
    if work.plan.late_when:
        env = environment.running(session.state)
        if not session.deps.language.when(work.plan.when, env):
            why = f"`when: {work.plan.when}` is false"
            session.append(started, records.ended(work.key, Outcome.SKIPPED, why))
            return
    left = _left(session, work) if work.back else None
    session.append(*(entry for entry in (started, left) if entry))


def _ask_when(session: Session, move: AskWhen) -> None:
    """Look at the facts again; of facts that cannot be read, what the plan saw still counts.

    An expression that cannot be evaluated any more halts the run: it is never "false".
    """
    work = session.state.work(move.work)
    try:
        runs, why = _says_yes(session, work), ""
    except UNREADABLE as error:
        runs, why = not work.plan.skipped, f"as planned: {error.summary}"
    except SopError as error:
        why = f"its `when` cannot be evaluated: {error.summary}"
        session.append(records.ended(work.key, Outcome.FAILED, why))
        return
    session.append(records.verdict(work.key, runs=runs, why=why))


def _says_yes(session: Session, work: Work) -> bool:
    plan, deps, when = session.state.plan, session.deps, work.plan.when
    assert plan is not None
    env = environment.planning(deps.language, deps.facts, plan.params, "${{" + when + "}}")
    return deps.language.when(when, env)


def _left(session: Session, work: Work) -> Entry | None:
    """Other runs may have joined since the way back was planned: they keep what they hold."""
    plan, store, run = session.state.plan, session.deps.store, session.state.run
    assert plan is not None
    heads = [h.run for h in store.runs() if h.target == plan.target["name"]]
    others = [fold(other, store.read(other)) for other in heads if other != run]
    return left_to_others(work, [*others, session.state], (run, plan.source_run))


def _select(session: Session, move: Select) -> None:
    work = session.state.work(move.work)
    try:
        if work.plan.unplanned and work.plan.when and not _says_yes(session, work):
            why = f"`when: {work.plan.when}` is false"
            session.append(records.ended(work.key, Outcome.SKIPPED, why))
            return
        value = _resolved(session, work)
        session.deps.point(f"before select {work.key}")
        found = find(session.deps, work.plan, value)
        held = held_by_others(session.state, session.deps)
        refuse_returning(found, held)
        found = beside(session.action(work), found, held)
    except (*UNREADABLE, RefusedError) as error:
        if session.bears(work, error):
            session.deps.clock.sleep(POLL)
            return
        goes_on = work.plan.on_failure is OnFailure.CONTINUE
        outcome = Outcome.PENDING_RETRY if goes_on else Outcome.FAILED
        why = f"cannot be selected: {told(error)}"
        session.append(records.ended(work.key, outcome, why))
        return
    session.heard(work)
    same = joined(session.action(work), found.unchanged, held)
    entries = [records.selected(work.key, found.selection, found.changes, same, value)]
    if not found.selection.ids and work.plan.empty is OnEmpty.FAIL:
        entries.append(records.ended(work.key, Outcome.FAILED, "found nothing to act on"))
    session.append(*entries)


def _resolved(session: Session, work: Work) -> Json:
    """A step's parameters; of one that could not be planned, resolved now."""
    if not work.plan.unplanned:
        return work.plan.params
    plan, deps = session.state.plan, session.deps
    assert plan is not None
    env = environment.planning(deps.language, deps.facts, plan.params, work.plan.params)
    value = deps.language.data(work.plan.params, env)
    return encode(deps.language.params(session.action(work).params, value))


def _set_marks(session: Session, move: SetMarks) -> None:
    """Set the marks and read them back; one that cannot be set is a warning, not a failure."""
    work = session.state.work(move.work)
    action = session.action(work)
    assert action.marker is not None
    changes = [change_of(action, item) for item in work.open_items]
    marks = tuple(dict.fromkeys(action.marker.name(c, session.state.run) for c in changes))
    session.append(records.marking(work.key, marks))
    try:
        session.deps.point(f"before mark {work.key}")
        action.marker.write(session.call(work, ["mark"]), session.deps.clients, marks)
        stand = action.marker.read(session.deps.clients, marks)
        missing = [str(mark.resource) for mark in marks if stand.get(mark) != mark.value]
        why = f"the mark does not stand on {missing[0]}" if missing else ""
    except UNREADABLE as error:
        why = f"the marks cannot be set: {error.summary}"
    session.append(records.marked(work.key, why))


def _remove_marks(session: Session, move: RemoveMarks) -> None:
    """Take our marks off; one that is not ours any more stays.

    Looked at again before each try, so that a lost reply needs no second call, and nothing of
    somebody else's is taken off.
    """
    work = session.state.work(move.work)
    why, tries = _taken_off(session, work)
    session.append(records.unmarked(work.key, why, tries))


def _taken_off(session: Session, work: Work) -> tuple[str, int]:
    """Why the marks still stand (empty: they do not), and how often it was tried."""
    why = ""
    for tries, pause in enumerate(UNMARK_PAUSES, 1):
        session.deps.clock.sleep(pause)
        session.keeper.beat()
        try:
            _unmark(session, work)
        except UNREADABLE as error:
            why = f"the marks cannot be taken off: {error.summary}"
            if isinstance(error, PermissionDeniedError):
                return why, tries
        else:
            return "", tries
    return why, len(UNMARK_PAUSES)


def _unmark(session: Session, work: Work) -> None:
    marker = session.action(work).marker
    if marker is None:
        return
    stand = marker.read(session.deps.clients, work.marks)
    needed = _needed_marks(session.state, work)
    ours = [m for m in work.marks if stand.get(m) == m.value and m not in needed]
    session.deps.point(f"before unmark {work.key}")
    if ours:
        marker.remove(session.call(work, ["unmark"]), session.deps.clients, ours)


def _needed_marks(state: RunState, work: Work) -> set[Mark]:
    """The marks of this run's other steps that are in place, or not back yet."""
    return {
        mark
        for other in state.works
        if other is not work and not (other.superseded or other.unmarked)
        if other.back or other.touched
        for mark in other.marks
    }


def _fence(session: Session, move: Fence) -> None:
    """Bump versions where the action can; otherwise the time has been waited out by now."""
    work = session.state.work(move.work)
    action = session.action(work)
    how = "waited"
    if action.touch and "fence" in session.deps.protections:
        session.deps.point(f"before touch {work.key}")
        try:
            action.touch(session.call(work, ["fence"]), session.deps.clients, move.resources)
        except UNREADABLE as error:
            if session.bears(work, error):
                session.deps.clock.sleep(POLL)
                return
            rows = [
                (i, "failed", None, f"cannot be fenced: {error.summary}") for i in move.resources
            ]
            session.append(records.found(work.key, rows))
            return
        how = "touched"
    session.append(records.fence(work.key, move.resources, how, tries=session.heard(work) + 1))


def _window(session: Session, move: Window) -> None:
    if not write_window(session, session.state.work(move.work), move.resources):
        session.deps.clock.sleep(POLL)


def _ask_check(session: Session, move: AskCheck) -> None:
    """Ask until it holds, or was asked when its time was over and did not."""
    work = session.state.work(move.work)
    check = session.deps.checks[work.plan.uses]
    assert work.started is not None
    waited = (session.deps.clock.now() - work.started).total_seconds()
    try:
        verdict = check.look(session.deps.clients, session.params(work))
        holds, detail, rows = verdict.holds, verdict.detail, verdict.rows
    except UNREADABLE as error:
        holds, detail, rows = False, f"cannot be seen: {error.summary}", ()
    if not holds and waited < work.plan.wait:
        session.deps.on_wait(f"{work.key}: {detail}")
        session.deps.clock.sleep(min(max(POLL, waited / 10), LONGEST_POLL, work.plan.wait - waited))
        return
    goes_on = work.plan.on_failure is OnFailure.CONTINUE
    missing = Outcome.SKIPPED if goes_on else Outcome.FAILED
    session.append(
        records.checked(work.key, holds=holds, detail=detail, rows=rows),
        records.ended(work.key, Outcome.HELD if holds else missing, detail),
    )


def _close(session: Session, move: Close) -> None:
    session.append(records.ended(move.work, move.outcome, move.why))


def _turn_back(session: Session, move: TurnBack) -> None:
    keys = [work.key for work in session.state.works if not work.back]
    session.append(records.undo(keys, "runbook", f"on_failure is undo: {move.why}"))


def _finish(session: Session, move: Finish) -> None:
    session.append(records.end(move.outcome))


# Each function takes the one move it is listed under.
_PERFORM: Mapping[type[Any], Callable[[Session, Any], None]] = {
    Begin: _begin,
    AskWhen: _ask_when,
    Select: _select,
    SetMarks: _set_marks,
    RemoveMarks: _remove_marks,
    Fence: _fence,
    Window: _window,
    AskCheck: _ask_check,
    Tell: tell,
    Close: _close,
    TurnBack: _turn_back,
    Finish: _finish,
}
