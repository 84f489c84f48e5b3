"""What was expected, compared with what came of it: pure, and every difference at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from sopctl.app.trials.portrait import text
from sopctl.core.codec import Json, decode, encode
from sopctl.core.plan import Plan, PlannedStep
from sopctl.engine.state import RunState
from sopctl.runbook import paths
from sopctl.runbook.trials.model import ExpectShape, PlanShape, PlanStepShape, StateShape
from sopctl.runbook.trials.outcome import Difference

PARKED = "parked"


def ended(
    expect: ExpectShape, code: int, said: str, state: RunState | None
) -> Iterator[Difference]:
    """How the command and the run ended."""
    if code != expect.exit:
        last = [row.strip() for row in said.splitlines() if row.strip()][-6:]
        yield Difference(
            what="the exit code", expected=str(expect.exit), found=f"{code}: {' / '.join(last)}"
        )
    for words in expect.says:
        if words not in said:
            yield Difference(what="what it says", expected=words, found=said[-400:].strip())
    if expect.outcome is not None:
        found = outcome(state)
        if found != expect.outcome:
            yield Difference(what="the outcome", expected=expect.outcome, found=found)
    for name, wanted in expect.steps.items():
        work = None if state is None else next((w for w in state.works if w.key == name), None)
        how = "not there" if work is None else str(work.outcome or "not ended")
        if how != wanted:
            why = f"{how} ({work.why})" if work is not None and work.why else how
            yield Difference(what=f"step {name}", expected=wanted, found=why)


def plan_in(printed: str) -> Plan | None:
    """The plan that `run --dry-run -o json` printed; None if it printed none."""
    for row in printed.splitlines():
        if row.startswith("{") and '"sopctl.plan/1"' in row:
            return decode(Plan, json.loads(row)["plan"])
    return None


def outcome(state: RunState | None) -> str:
    """How a run stands, in the word that a test uses for it."""
    if state is None:
        return "no run"
    return str(state.end) if state.end else PARKED


def planned(expect: PlanShape, plan: Plan | None) -> Iterator[Difference]:
    """What the plan says."""
    if expect == PlanShape():
        return
    if plan is None:
        yield Difference(what="the plan", expected="a plan", found="none was made")
        return
    if expect.changes is not None and plan.changes != expect.changes:
        yield _number("the changes of the plan", expect.changes, plan.changes)
    by_id = {step.id: step for step in plan.steps}
    for name, wanted in expect.steps.items():
        if name in by_id:
            yield from _step(f"plan of step {name}", wanted, by_id[name])
        else:
            yield Difference(what=f"plan of step {name}", expected="a step", found="none")
    if expect.warnings is not None:
        yield from _texts("warning", expect.warnings, plan.warnings, complete=True)


def _step(what: str, wanted: PlanStepShape, step: PlannedStep) -> Iterator[Difference]:
    if wanted.changes is not None and len(step.changes) != wanted.changes:
        yield _number(f"{what}: changes", wanted.changes, len(step.changes))
    if wanted.fidelity is not None and step.fidelity is not wanted.fidelity:
        yield Difference(
            what=f"{what}: fidelity", expected=str(wanted.fidelity), found=str(step.fidelity)
        )
    if wanted.skipped is not None and bool(step.skipped) != wanted.skipped:
        found = step.skipped or "not skipped"
        yield Difference(what=f"{what}: skipped", expected=text(wanted.skipped), found=found)
    if wanted.resources is not None:
        names = sorted({change.resource.name for change in step.changes})
        yield from _names(f"{what}: resources", wanted.resources, names)
    yield from _texts(f"{what}: note", wanted.notes, step.notes, complete=False)


def _number(what: str, expected: int, found: int) -> Difference:
    return Difference(what=what, expected=str(expected), found=str(found))


def _names(what: str, wanted: Sequence[str], names: Sequence[str]) -> Iterator[Difference]:
    missing = [each for each in wanted if not any(fnmatchcase(name, each) for name in names)]
    beyond = [name for name in names if not any(fnmatchcase(name, each) for each in wanted)]
    if missing or beyond:
        yield Difference(what=what, expected=", ".join(wanted), found=", ".join(names) or "none")


def _texts(
    what: str, wanted: Sequence[str], found: Sequence[str], *, complete: bool
) -> Iterator[Difference]:
    for words in wanted:
        if not any(words in each for each in found):
            yield Difference(what=f"a {what}", expected=words, found="; ".join(found) or "none")
    for each in found if complete else ():
        if not any(words in each for words in wanted):
            yield Difference(what=f"a {what}", expected="none like it", found=each)


def stands(expect: Sequence[StateShape], dump: Mapping[str, Any]) -> Iterator[Difference]:
    """What is true of objects and groups; *dump* is of a household."""
    for wanted in expect:
        about, meant = _meant(wanted, dump)
        if wanted.count is not None and len(meant) != wanted.count:
            yield _number(f"how many {about} there are", wanted.count, len(meant))
        if not meant and wanted.count is None:
            yield Difference(what=about, expected="at least one", found="none")
        for name, value in sorted(meant.items()):
            yield from _field(f"{name} {wanted.path}", wanted, value)


def _meant(wanted: StateShape, dump: Mapping[str, Any]) -> tuple[str, dict[str, Json]]:
    if wanted.groups is not None:
        groups = dump["aws"]
        found = {f"group {n}": g for n, g in groups.items() if fnmatchcase(n, wanted.groups)}
        return f"groups {wanted.groups}", found
    table = dump["kubernetes"].get(str(wanted.objects), {})
    objects = {
        f"{wanted.objects} {key.removeprefix('/')}": obj
        for key, obj in table.items()
        if fnmatchcase(obj["metadata"]["name"], wanted.name)
        and wanted.namespace in (None, obj["metadata"].get("namespace", ""))
        and wanted.labels.items() <= (obj["metadata"].get("labels") or {}).items()
    }
    return f"{wanted.objects} {wanted.name}", objects


def _field(what: str, wanted: StateShape, value: Json) -> Iterator[Difference]:
    given = wanted.model_fields_set
    if not given & {"equals", "absent", "contains"}:
        return
    try:
        found = paths.at(value, wanted.path)
    except paths.MissingError:
        if "absent" in given and wanted.absent:
            return
        expected = text(encode(wanted.equals)) if "equals" in given else wanted.contains or "there"
        yield Difference(what=what, expected=expected, found="absent")
        return
    if "absent" in given:
        if wanted.absent:
            yield Difference(what=what, expected="absent", found=text(found))
    elif "equals" in given and found != wanted.equals:
        yield Difference(what=what, expected=text(encode(wanted.equals)), found=text(found))
    elif wanted.contains is not None and wanted.contains not in text(found):
        yield Difference(what=what, expected=f"with {wanted.contains}", found=text(found))
