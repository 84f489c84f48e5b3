"""From a journaled run in the sandbox to a test that says what happened, and passes.

The journal has the parameters, the answers and the outcomes, but not whether a zone had failed. So
the test is played in each world that it may have been: as it is, then with the zones among its
parameters failed; the first in which all of it happens again is the one that is written down.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sopctl.app.library import Library
from sopctl.app.targets import SANDBOX
from sopctl.app.trials import suite
from sopctl.app.trials.invoking import Invoke
from sopctl.core.codec import Json, encode
from sopctl.core.errors import ExitCode, RefusedError, UsageError
from sopctl.core.journal import Record, Store
from sopctl.core.runbook import ParameterType
from sopctl.engine import records
from sopctl.engine.fold import fold
from sopctl.engine.state import RunEnd, RunState
from sopctl.runbook.trials.outcome import Result

HEAD: Final = "# Written by `sopctl test --record`; what is expected is what happened then.\n"
_PASSING: Final = (RunEnd.DONE, RunEnd.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A run and those before it that had something in place when it began."""

    run: RunState
    earlier: Sequence[RunState]


def as_it_was(store: Store, run: str) -> RunState:
    """A run without the end that it got when its world was stopped or reset."""
    kept: list[Record] = []
    for record in store.read(run):
        if record.kind == records.PARKED and record.data["why"] == records.FORGOTTEN:
            break
        kept.append(record)
    return fold(run, kept)


def chosen(store: Store, run: str) -> Recorded:
    """What is recorded of *run*; raises RefusedError for what no test could play again."""
    states = [as_it_was(store, head.run) for head in store.runs()]
    return _chosen([state for state in states if state.plan], as_it_was(store, run))


def _chosen(states: Sequence[RunState], run: RunState) -> Recorded:
    plan = run.plan
    assert plan is not None
    if plan.target["name"] != SANDBOX:
        raise RefusedError(
            f"run {run.run} was in {plan.target['name']}, and a test plays in the sandbox",
            hint="Run it with --target sandbox first, then record that.",
        )
    if plan.source_run:
        raise RefusedError(
            f"run {run.run} is a roll back", hint=f"Record {plan.source_run}, which it takes back."
        )
    before = states[: [state.run for state in states].index(run.run)]
    taken_back = {state.plan.source_run for state in before if state.plan}
    earlier = [
        state
        for state in before
        if state.end in _PASSING
        and state.plan
        and state.plan.target["name"] == SANDBOX
        and not state.plan.source_run
        and state.run not in taken_back
    ]
    return Recorded(run=run, earlier=earlier)


def record(library: Library, found: Recorded, into: Path, invoke: Invoke) -> Result:
    """Write the test of *found* to *into* and play it; the result of the last world tried."""
    import yaml  # noqa: PLC0415  # only here

    if into.exists():
        raise UsageError(f"{into} is there already", hint="Name another with --into.")
    result = None
    with tempfile.TemporaryDirectory(prefix="sopctl-record-") as folder:
        draft = Path(folder) / into.name
        for failed in _worlds(library, found):
            data = written(found, failed)
            draft.write_text(HEAD + yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
            scripts = suite.scripts(library, suite.Asked(files=(draft,)))
            result = next(suite.results(scripts, invoke))
            if result.ok:
                break
        into.write_text(draft.read_text(encoding="utf-8"), encoding="utf-8")
    assert result is not None, "there is one world at least"
    return result


def _worlds(library: Library, found: Recorded) -> Iterator[list[str]]:
    plan = found.run.plan
    assert plan is not None
    yield []
    book = library.load(plan.runbook)
    names = [p.name for p in book.parameters if p.type is ParameterType.ZONE]
    zones = [str(plan.params[name]) for name in names if plan.params.get(name)]
    if zones:
        yield zones


def written(found: Recorded, failed: Sequence[str]) -> dict[str, Any]:
    """The test as YAML writes it."""
    state = found.run
    plan = state.plan
    assert plan is not None
    given: dict[str, Any] = {"world": "sandbox"}
    if found.earlier:
        given["runs"] = [_earlier(each) for each in found.earlier]
    if failed:
        given["failed"] = [{"zone": zone} for zone in failed]
    consents = [step.id for step in plan.steps if step.consent and not step.skipped]
    return {
        "apiVersion": "sopctl/v1",
        "kind": "RunbookTest",
        "runbook": plan.runbook,
        "tests": [
            {
                "name": f"recorded-{state.run.lower()}",
                "why": f"Run {state.run} happened like this.",
                "given": given,
                "run": {
                    "parameters": _given(plan.params),
                    **_if("answers", {k: str(a["answer"]) for k, a in _answers(state).items()}),
                    **_if("consent", consents),
                },
                "expect": _expect(state),
            }
        ],
    }


def _expect(state: RunState) -> dict[str, Any]:
    plan = state.plan
    assert plan is not None
    acting = {step.id: {"changes": len(step.changes)} for step in plan.steps if step.changes}
    return {
        "exit": int(ExitCode.DONE if state.end in _PASSING else ExitCode.HALTED),
        "outcome": str(state.end) if state.end else "parked",
        "plan": {"changes": plan.changes, "steps": acting},
        "steps": {work.key: str(work.outcome) for work in state.works if work.outcome},
    }


def _earlier(state: RunState) -> dict[str, Any]:
    assert state.plan is not None
    params = _given(state.plan.params)
    return {"runbook": state.plan.runbook, **_if("parameters", params)}


def _given(params: Mapping[str, Json]) -> dict[str, Json]:
    """Parameters as YAML writes them; what has no value was not given."""
    encoded = encode(params)
    assert isinstance(encoded, Mapping)
    return {name: value for name, value in encoded.items() if value not in (None, [], "")}


def _answers(state: RunState) -> dict[str, Mapping[str, Json]]:
    """By the gate or, for an approval, by its step."""
    return {gate.partition(":")[2] or gate: given for gate, given in state.answers.items()}


def _if(name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    return {name: value} if value else {}
