"""One target and one journal: plan, open a run, advance it, say what a person decided."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from sopctl.app import actor, drift, policy, seats, usual
from sopctl.app.connection import asked_who, described, refuse_wrong, silent
from sopctl.app.patience import speaking_up
from sopctl.app.place import Place, Watcher, Wish
from sopctl.app.preflight import Preflight, of_return
from sopctl.core.clock import stamp
from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import TemporaryError, UsageError, WrongTargetError
from sopctl.core.journal import Entry, Holder
from sopctl.core.plan import Plan, PlannedStep
from sopctl.core.runbook import ParameterType, Runbook
from sopctl.core.target import Identity
from sopctl.engine import control, records
from sopctl.engine.holdings import Holding, holdings
from sopctl.engine.keeping import Round, look_again
from sopctl.engine.leg import Busy, LegResult, leg
from sopctl.engine.planner import Order, make_plan
from sopctl.engine.ports import Deps
from sopctl.engine.rehearsal import Rehearsed, rehearse
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import RunState
from sopctl.journal.memory import MemoryStore
from sopctl.permissions.gather import Known, gather
from sopctl.runbook.language import RunbookLanguage

IN_FLIGHT = 16  # calls of actions
BACKGROUND = 8  # reads that watch effects
PROVIDERS = 2


class Desk:
    """Everything one invocation does with one target; close it, or use it as a context manager."""

    def __init__(self, place: Place, watcher: Watcher) -> None:
        self.place = place
        self.watcher = watcher
        self.worker = actor.worker()
        self.stop = threading.Event()
        self._pool = ThreadPoolExecutor(IN_FLIGHT + BACKGROUND, thread_name_prefix="desk")
        self._identity: Identity | None = None
        self._usually: Mapping[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.place.connection.close()
        self.place.leave()

    def identify(self) -> Identity:
        """Who answers, compared with the pins; UnreachableError if nobody answers at all."""
        if self._identity is None:
            with speaking_up(self.watcher.warn, "no answer from the target yet; waiting for it"):
                found = asked_who(self.place.target.name, self.place.connection)
            if len(found.unreachable) == PROVIDERS:
                raise silent(self.place.target.name, found)
            refuse_wrong(self.place.target, found)
            self._identity = found
        return self._identity

    def recognise(self, plan: Plan) -> None:
        """Raise WrongTargetError unless *plan*, made earlier, was made for who answers now."""
        found = self.identify()
        for what, then, now in (
            ("AWS account", plan.target.get("account"), found.account),
            ("cluster", plan.target.get("cluster_uid"), found.cluster_uid),
        ):
            if then and now and then != now:
                raise WrongTargetError(
                    f"this was planned for {what} {then}, but {now} answers",
                    hint="Go back to where it was planned, or make a new plan here.",
                )

    def plan(self, wish: Wish) -> Plan:
        """What *wish* would change now; reads only."""
        from sopctl.runbook import parameters  # noqa: PLC0415  # pydantic takes 0.2 s

        identity = self.identify()
        params = parameters.resolve(wish.runbook.parameters, wish.given)
        order = Order(
            runbook=wish.runbook,
            params=params,
            target=self._target(identity, self._zones(wish.runbook, params)),
            policy=policy.lowered(
                self.place.policy,
                wish.runbook.guardrails,
                {action.kind for action in self.place.catalogs.actions.values()},
                wish.max_objects,
            ),
            held=self.holdings(),
        )
        asking = self._preflight(wish.runbook, identity)
        with self.place.connection.one_look():
            plan = make_plan(order, self._deps())
        unreachable = [f"no answer from {each}" for each in identity.unreachable]
        return replace(
            plan,
            warnings=(*unreachable, *plan.warnings),
            permissions=asking.verdicts(plan) if asking is not None else (),
        )

    def _preflight(self, book: Runbook, identity: Identity) -> Preflight | None:
        place = self.place
        known = Known(
            actions=place.catalogs.actions,
            checks=place.catalogs.checks,
            references=RunbookLanguage().references,
        )
        needs = gather(book, known, place.target.name)
        return place.connection.preflight(needs, identity)

    def rehearse(self, book: Runbook, plan: Plan) -> Rehearsed:
        """Carry *plan* out in memory and take it back; reads only, and leaves no journal."""
        deps = replace(self._deps(), store=MemoryStore(), stopping=lambda: False)
        return rehearse(book, plan, replace(deps, on_records=_unseen, on_wait=_unseen))

    def plan_step(self, state: RunState, key: str) -> PlannedStep:
        """What the step *key* of an open run would change now, as a plan of it alone shows it."""
        book = runbook_of(state)
        step = next((s for s in (*book.before, *book.steps, *book.after) if s.id == key), None)
        if step is None or state.plan is None:
            raise UsageError(f"run {state.run} has no step {key}", hint="See `sopctl status`.")
        alone = replace(book, before=(), steps=(replace(step, needs=()),), after=())
        held = [each for each in self.holdings() if each.run != state.run]
        order = Order(
            runbook=alone,
            params=state.plan.params,
            target=state.plan.target,
            policy=self.place.policy,
            held=held,
        )
        return make_plan(order, self._deps()).steps[0]

    def plan_back(self, source: RunState, steps: Sequence[str] = ()) -> Plan:
        """How *source*, a finished run, would be rolled back now; reads only."""
        assert source.plan is not None
        self.recognise(source.plan)
        target = self._target(self.identify(), source.plan.target.get("zones", []))
        asked = Return(
            source=source,
            way_back=runbook_of(source).way_back,
            target=target,
            held=self.holdings(),
            steps=steps,
        )
        asking = self._preflight(runbook_of(source), self.identify())
        with self.place.connection.one_look():
            plan = plan_return(asked, self._deps())
        told = asking.verdicts(plan) if asking is not None else ()
        return replace(plan, permissions=of_return(told, plan))

    def open(self, run: str, plan: Plan, header: Mapping[str, Json], consent: Entry) -> None:
        """Start the journal of *run*: its plan, who and why, and the consent to exactly it."""
        control.open_run(run, plan, header, consent, self._deps())

    def leg(self, run: str, *, force: bool = False) -> LegResult:
        """Advance *run* as far as it goes without a person; *force*: whoever locked the cluster."""
        state = self.state(run)
        connection = self.place.connection
        lock = connection.lock(self.worker, self.watcher.warn, force=force)
        if state.plan is not None:
            earlier = control.all_runs(self._deps(), self.place.target.name)
            self._usually = usual.waits(earlier, state.plan.runbook)
        deps = replace(self._deps(), lock=lock if _writes(state) else None)
        result = leg(run, deps)
        if isinstance(result, Busy) and self._left_behind(result.holder):
            self.free(result.holder.run)
            result = leg(run, deps)
        return result

    def _left_behind(self, holder: Holder) -> bool:
        """Whether a process of this machine ended its run, and died before it gave its lock back.

        Of a run that has not ended calls may be on their way: that one is waited for.
        """
        return seats.is_dead(holder.worker) and self.state(holder.run).end is not None

    def take(self, run: str, reason: str) -> None:
        """Take *run* from whoever works on it: they are fenced, and the journal says why."""
        store = self.place.store
        seat = store.takeover(run, self.worker, seats.LEASE)
        entry = records.answer("takeover", "yes", actor.user(), reason)
        at = stamp(self.place.connection.clock.now())
        self.watcher.records(store.append(seat, self.state(run).seq, [entry], at))
        store.release(seat)

    def free(self, run: str) -> None:
        """Take the lease from a worker of this machine whose process is gone, and give it back."""
        seats.free(self.place.store, run, self.worker)

    def say(self, run: str, *entries: Entry) -> RunState:
        """Record what a person decided; raises LockedError while a leg works on the run."""
        return control.say(run, self._deps(), *entries)

    def look_again(self, run: str) -> Round:
        """What became of a run's mitigation; see ``engine.keeping``."""
        return look_again(run, self._deps())

    def moved_facts(self, state: RunState) -> list[drift.Difference]:
        """The facts the plan stood on that are different now; see ``app.drift``."""
        return drift.moved(state, self.place.connection.clock, self.place.connection.facts)

    def state(self, run: str) -> RunState:
        return control.load(run, self._deps())

    def holdings(self) -> tuple[Holding, ...]:
        """What open and finished runs of this target still hold."""
        return holdings(control.all_runs(self._deps(), self.place.target.name))

    def header(self, book: Runbook, *, tty: bool, extra: Mapping[str, Json]) -> dict[str, Json]:
        """Who, why and with what, for the first record; the runbook itself for the way back."""
        identity = self.identify()
        return {
            **actor.facts(identity, {}, tty=tty),
            "commit": actor.commit(book.path),
            "book": encode(book),
            **extra,
        }

    def _deps(self) -> Deps:
        place = self.place
        return Deps(
            store=place.store,
            clock=place.connection.clock,
            clients=place.connection.clients,
            actions=place.catalogs.actions,
            checks=place.catalogs.checks,
            language=RunbookLanguage(),
            facts=place.connection.facts,
            pool=self._pool,
            worker=self.worker,
            fence_wait=place.target.fence_wait,
            on_records=self.watcher.records,
            on_wait=self._waiting,
            stopping=self.stop.is_set,
            blame=place.connection.blame,
            herald=place.herald,
        )

    def _waiting(self, why: str) -> None:
        self.watcher.waiting(usual.told(why, self._usually))

    def _target(self, identity: Identity, zones: Json) -> dict[str, Json]:
        """The target as the plan and the journal show it."""
        place = self.place
        return described(place.target, identity, place.connection.context(), zones)

    def _zones(self, book: Runbook, params: Mapping[str, Json]) -> list[Json]:
        """Every zone among the parameters, by name and id; RefusedError for one that is not."""
        zones: list[Json] = []
        for parameter in book.parameters:
            value = params.get(parameter.name)
            if parameter.type is not ParameterType.ZONE or not isinstance(value, str):
                continue
            try:
                name, zone_id = self.place.connection.zone(value)
            except TemporaryError:
                name, zone_id = value, ""
            zones.append({"name": name, "id": zone_id})
        return zones


def runbook_of(state: RunState) -> Runbook:
    """The runbook that *state* was started from, as its journal keeps it."""
    return decode(Runbook, state.header["book"])


def _unseen(_: object) -> None:
    """Nobody watches a rehearsal."""


def _writes(state: RunState) -> bool:
    """Whether the run can change anything at all; if not, it takes no lock in the cluster."""
    return any(
        work.open_items or work.plan.late or work.plan.unplanned or work.back
        for work in state.works
        if not work.superseded
    )
