"""One test from `given` to `expect`, and what needs no writing: purity and the way back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sopctl.app.trials import expectations, planting
from sopctl.app.trials.invoking import Invoke, Operator, Said
from sopctl.app.trials.journals import Journal, copied, kept
from sopctl.app.trials.portrait import SHOWN, differences, portrait
from sopctl.app.trials.stage import EndlessError, Stage
from sopctl.core.errors import UsageError
from sopctl.core.runbook import Runbook
from sopctl.engine.state import RunEnd, RunState
from sopctl.journal.memory import MemoryStore
from sopctl.notation import duration
from sopctl.runbook.trials.model import CaseShape, FaultsShape, RunShape
from sopctl.runbook.trials.outcome import Difference, Part
from sopctl.sandbox.aws.faults import FaultRule as AwsFault
from sopctl.sandbox.k8s.faults import FaultRule as KubeFault
from sopctl.sandbox.process.household import VERSION

OURS: Final = "sopctl/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A test in *file*, of the runbook in *path*; *path_of* finds other runbooks by name."""

    case: CaseShape
    book: Runbook
    file: Path
    path: Path
    path_of: Callable[[str], Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The moment before the run: the world, and the journals of what was run before it.

    *dump* is of that world.
    """

    world: bytes
    journal: Journal
    dump: Mapping[str, Any]

    @property
    def nodes(self) -> frozenset[str]:
        return frozenset(key.rpartition("/")[2] for key in self.dump["kubernetes"]["nodes"])


class Case:
    """Plays one script on a stage."""

    def __init__(self, stage: Stage, script: Script, invoke: Invoke) -> None:
        self.stage = stage
        self.script = script
        self._invoke = invoke

    def begin(self) -> Start:
        """Make the world that is given; raises UsageError where that cannot be."""
        given, household = self.script.case.given, self.stage.household
        household.plant(planting.planter(given), VERSION)
        operator = self._operator(MemoryStore())
        for earlier in given.runs:
            said = operator.run(
                str(self.script.path_of(earlier.runbook)), RunShape(parameters=earlier.parameters)
            )
            if said.code:
                raise UsageError(f"the earlier run of {earlier.runbook} failed: {said.err.strip()}")
        for failed in given.failed:
            household.fail_zone(self._zone(failed.zone), gray=failed.gray)
        if given.failed:
            household.advance(duration.seconds(given.after))
        return self._now(operator)

    def play(self, start: Start) -> Iterator[Part]:
        """The parts of the test, in order; a world that stumbles on the way is one of them."""
        stumbles = self.stage.life.stumbles
        stumbles.clear()
        yield from self._parts(start)
        if stumbles:
            yield Part(name="world", differences=(Difference(what=stumbles[0]),))

    def _parts(self, start: Start) -> Iterator[Part]:
        expect, unproved = self.script.case.expect, self.script.case.unproved
        dry, plan = self._dry_run(start)
        yield _skipped("dry-run", unproved.dry_run) or dry
        begun = time.monotonic()
        operator = self._back_to(start)
        said = self._run(operator)
        state = _own(operator, start)
        dump = self.stage.household.dump()
        yield _part("run", begun, expectations.ended(expect, said.code, said.text, state))
        yield _part("plan", begun, expectations.planned(expect.plan, plan))
        yield _part("state", begun, expectations.stands(expect.state, dump))
        if state is None or state.end is not RunEnd.DONE:
            why = f"the run is {expectations.outcome(state)}"
            yield Part(name="idempotence", skipped=unproved.idempotence or why)
        else:
            yield _skipped("idempotence", unproved.idempotence) or self._again(operator, start)
        if state is None or expect.rollback is None:
            yield Part(name="rollback", skipped=unproved.rollback or "nothing was run")
        else:
            yield _skipped("rollback", unproved.rollback) or self._way_back(operator, state, start)

    def _dry_run(self, start: Start) -> tuple[Part, Any]:
        """Nothing moves but the clock: the whole dump is the same, and no call may change it."""
        begun = time.monotonic()
        operator = self._back_to(start)
        before = self.stage.household.dump()
        self._strike()
        said = operator.run(str(self.script.path), self.script.case.run, dry=True)
        self._calm()
        found = [Difference(what="a changing call", found=call) for call in self.mutations()]
        after = self.stage.household.dump()
        if before["time"] == after["time"]:
            found += differences(_flat(before), _flat(after))
        else:  # it had to wait and ask again: the world went on meanwhile
            found += differences(portrait(before), portrait(after))
        if operator.store.runs() != self._operator(copied(start.journal)).store.runs():
            found.append(Difference(what="the journal", expected="untouched", found="a run"))
        return _part("dry-run", begun, found), expectations.plan_in(said.out)

    def _run(self, operator: Operator) -> Said:
        self._strike()
        try:
            return operator.run(str(self.script.path), self.script.case.run)
        except EndlessError:
            return Said(-1, "", "it waits for something that never comes")
        finally:
            self._calm()

    def _again(self, operator: Operator, start: Start) -> Part:
        """A second run, of the world and the journals as the first one left them; on copies."""
        begun = time.monotonic()
        after = self._now(operator)
        said = self._back_to(after).run(str(self.script.path), self.script.case.run)
        # Nodes that joined since are new resources, which the first run never saw.
        new = tuple(f"/{name}" for name in after.nodes - start.nodes)
        calls = [call for call in self.mutations() if not call.endswith(new)]
        self.stage.household.restore(after.world)
        found = [Difference(what="a changing call", found=call) for call in calls]
        if said.code:
            found.append(Difference(what="the second run", expected="0", found=said.err.strip()))
        return _part("idempotence", begun, found)

    def _way_back(self, operator: Operator, state: RunState, start: Start) -> Part:
        begun = time.monotonic()
        wanted = self.script.case.expect.rollback
        assert wanted is not None
        self.heal(wanted.after)
        said = operator.roll_back(state.run)
        found = []
        if said.code != wanted.exit:
            text = f"{said.code}: {said.err.strip()[-400:]}"
            found.append(Difference(what="the exit code", expected=str(wanted.exit), found=text))
        if wanted.exact:
            found += differences(portrait(start.dump), portrait(self.stage.household.dump()))
        return _part("rollback", begun, found)

    def _now(self, operator: Operator) -> Start:
        household = self.stage.household
        return Start(
            world=household.snapshot(), journal=kept(operator.store), dump=household.dump()
        )

    def heal(self, after: str) -> None:
        """End every failed zone and let the world recover."""
        failed = self.script.case.given.failed
        for each in failed:
            self.stage.household.heal_zone(self._zone(each.zone))
        if failed:
            self.stage.household.advance(duration.seconds(after))

    def mutations(self) -> list[str]:
        """What sopctl asked to be changed since the calls were forgotten, locks not counted."""
        household = self.stage.household
        aws = (c for c in household.aws.calls if c.mutating and OURS in c.user_agent)
        kube = (c for c in household.kube.calls if c.mutating and OURS in c.user_agent)
        found = [f"{call.service}.{call.operation}" for call in aws]
        return found + [f"{c.method} {c.path}" for c in kube if "/leases" not in c.path]

    def _back_to(self, start: Start) -> Operator:
        household = self.stage.household
        household.restore(start.world)
        household.aws.calls.clear()
        household.kube.calls.clear()
        return self._operator(copied(start.journal))

    def _operator(self, store: MemoryStore) -> Operator:
        return Operator(self.stage, self._invoke, store)

    def _zone(self, name: str) -> str:
        zones = sorted(zone.name for zone in self.stage.household.cloud.zones)[:3]
        return planting.zone_named(name, (zones[0], zones[1], zones[2]))

    def _strike(self) -> None:
        strike(self.stage, self.script.case.given.faults)

    def _calm(self) -> None:
        self.stage.household.aws.faults.clear()
        self.stage.household.kube.faults.clear()


def strike(stage: Stage, faults: FaultsShape) -> None:
    """Put the faults of a test in force."""
    stage.household.aws.faults.extend(AwsFault(**each.model_dump()) for each in faults.aws)
    for each in faults.kubernetes:
        rule = KubeFault(
            method=each.method,
            path_regex=each.path,
            kind=each.kind,
            value=each.value,
            count=each.count,
        )
        stage.household.kube.faults.append(rule)


def _own(operator: Operator, start: Start) -> RunState | None:
    """The run that the test began, if it came to one."""
    state = operator.newest()
    before = {head.run for head, _ in start.journal}
    return None if state is None or state.run in before else state


def _flat(dump: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON of a household
    groups = {f"group/{name}": group for name, group in dump["aws"].items()}
    tables = dump["kubernetes"].items()
    return groups | {f"{kind}/{key}": obj for kind, rows in tables for key, obj in rows.items()}


def _skipped(name: str, why: str) -> Part | None:
    return Part(name=name, skipped=why) if why else None


def _part(name: str, begun: float, found: Iterator[Difference] | Sequence[Difference]) -> Part:
    listed = tuple(found)
    seconds = time.monotonic() - begun
    return Part(name=name, differences=listed[:SHOWN], seconds=seconds)
