"""Why a run stands still, and what a person can do about it: a menu, never a stack trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.codec import Json
from sopctl.core.runbook import StepKind
from sopctl.engine.state import GOOD_PHASES, Item, Outcome, Phase, RunState, Work
from sopctl.views import states
from sopctl.views.lines import Line, count, line

SHOWN = 8  # groups of resources
NAMED = 3  # of a group


@dataclass(frozen=True, slots=True)
class Choice:
    """*key* is what a decision records, or undo-step, undo-all, end, ask-again, pause."""

    key: str
    text: str


RETRY = Choice("retry", "retry: look at what did not end well as it is now, and go on")
SKIP = Choice("skip", "skip: leave it as it is and go on with the next step")
BY_HAND = Choice("by-hand", "I did it by hand: look, and believe what is seen")
UNDO_STEP = Choice("undo-step", "undo this step: write its before-images back")
UNDO_ALL = Choice("undo-all", "undo all: take back everything that this run changed")
PAUSE = Choice("pause", "pause: keep everything as it is; `sopctl resume` goes on later")
KEEP = Choice("keep", "keep: accept what somebody else made of it, and close")
RESTORE = Choice("restore", "restore: write the before-image over it")
LEAVE = Choice("skip", "skip: leave it open and go on; the roll back stays incomplete")
LOOK_AGAIN = Choice("retry", "retry: look again, and go on if it holds")
IN_SPITE = Choice("skip", "skip: go on although it does not hold")
END = Choice("end", "end here: keep what is in place, and carry out nothing more")


def choices(state: RunState, why: str, work: Work | None) -> tuple[Choice, ...]:
    """What can be done about a run that is parked for *why* at *work*.

    Never a way to carry out what somebody declined, and never the undoing of a roll back.
    """
    returns = bool(state.plan and state.plan.source_run)
    if work is not None and work.outcome is Outcome.DECLINED:
        again = _ask_again(state)
        return (again, PAUSE) if returns else (PAUSE, END, UNDO_ALL, again)
    if work is not None and work.plan.kind is StepKind.CHECK:
        check = (LOOK_AGAIN, IN_SPITE)
        return (*check, PAUSE) if returns else (*check, UNDO_ALL, PAUSE)
    if work is not None and work.back:
        if work.outcome is Outcome.CONFLICT:
            return (KEEP, RESTORE, LEAVE, PAUSE)
        return (RETRY, SKIP, BY_HAND, PAUSE)
    if why == "effect":
        return (RETRY, SKIP, UNDO_STEP, UNDO_ALL, PAUSE)
    if work is not None and work.outcome is Outcome.PENDING_RETRY:
        return (RETRY, SKIP, UNDO_ALL, PAUSE)
    return (RETRY, SKIP, BY_HAND, UNDO_STEP, UNDO_ALL, PAUSE)


def _ask_again(state: RunState) -> Choice:
    """The way to change an answer, with what a yes would let happen."""
    open_ones = [w for w in state.works if w.ended is None or w.outcome is Outcome.DECLINED]
    acting = [w.key for w in open_ones if not w.superseded and w.plan.kind is StepKind.ACTION]
    then = f"carries out {', '.join(acting)}" if acting else "goes on"
    return Choice("ask-again", f"change the answer: be asked again; a yes {then}")


def lines(state: RunState, why: str, detail: str, work: Work | None) -> list[Line]:
    """What stopped the run, each resource with what was expected and what is there now."""
    shown = [line((f"Parked ({why}): ", "warn"), detail)]
    if work is not None:
        groups = _alike([i for i in work.items.values() if i.phase in _BAD])
        for alike in groups[:SHOWN]:
            shown += _shown(alike)
        if left := sum(map(len, groups[SHOWN:])):
            shown.append(line(f"and {left} more", indent=2))
    shown.append(in_place(state))
    return shown


def _alike(items: Sequence[Item]) -> list[list[Item]]:
    """Those that failed for the same reason together; what moved, each with its values."""
    groups: dict[object, list[Item]] = {}
    for item in items:
        moved = item.phase in _MOVED
        groups.setdefault(item.resource if moved else (item.phase, item.why), []).append(item)
    return list(groups.values())


def _shown(alike: Sequence[Item]) -> list[Line]:
    first = alike[0]
    if len(alike) == 1:
        names, values = str(first.resource), _values(first)
    else:
        names, values = ", ".join(str(item.resource) for item in alike[:NAMED]), []
        names += f" and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
    shown = [line((f"{first.phase}: ", "bad"), names, indent=2)]
    for name, value in values:
        shown.append(line((f"{name:>7}: ", "quiet"), states.state(value), indent=4))
    if first.why:
        shown.append(line(("    why: ", "quiet"), first.why, indent=4))
    return shown


def _values(item: Item) -> list[tuple[str, Json]]:
    """What it was, what we make of it, and, where that is why we stopped, what it is now."""
    found = [("before", item.before), ("ours", item.after)]
    return [*found, ("now", item.now)] if item.phase in _MOVED else found


def in_place(state: RunState) -> Line:
    """What the run has changed so far, or, of a roll back, what is not back yet."""
    if state.plan and state.plan.source_run:
        return _not_back(state, state.plan.source_run)
    steps: Mapping[str, None] = dict.fromkeys(work.key for work, _ in state.in_place)
    if not steps:
        return line("Nothing that this run changed is in place.")
    return line(f"In place: {count(len(state.in_place), 'change')} of {', '.join(steps)}.")


def _not_back(state: RunState, source: str) -> Line:
    backs = [work for work in state.works if work.back]
    left = [(work.plan.source_step, item) for work in backs for item in work.items.values()]
    left = [(key, item) for key, item in left if item.phase not in GOOD_PHASES]
    if not left:
        return line(f"Everything of run {source} that this one was to take back is back.")
    steps = dict.fromkeys(key for key, _ in left)
    return line(f"Run {source} still holds {count(len(left), 'change')}: {', '.join(steps)}.")


def how_to_go_on(state: RunState) -> list[Line]:
    """The commands for later, when nobody can be asked now; a roll back has one way only."""
    forward = _forward(state)
    if state.plan and state.plan.source_run:
        return [line("Go on with ", *forward)]
    return [
        line("Go on with ", *forward, ","),
        line("or take it back with ", (f"sopctl rollback {state.run}", "strong")),
    ]


def _forward(state: RunState) -> list[str | tuple[str, str]]:
    """The command that goes on from what the run is parked for, with the answer that it needs."""
    parked = state.parked or {}
    why, key = parked.get("why"), str(parked.get("work") or "")
    if why == "gate":
        return [(f"sopctl approve {state.run} --answer yes", "strong"), " (or no)"]
    resume = f"sopctl resume {state.run}"
    if why not in ("decision", "effect") or not key:
        return [(resume, "strong")]
    if any(item.phase in _MOVED for item in state.work(key).items.values()):
        return [(f"{resume} --on-conflict keep", "strong"), " (or restore, or skip)"]
    return [(f"{resume} --retry {key}", "strong"), f" (or --skip {key})"]


_MOVED = frozenset({Phase.STALE, Phase.CONFLICT})
_BAD = frozenset({Phase.STALE, Phase.FAILED, Phase.CONFLICT, Phase.UNKNOWN})
