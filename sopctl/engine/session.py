"""A leg's hands: the folded state, the single appender, and what belongs to a step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sopctl.core.action import AnyAction, Call
from sopctl.core.clock import stamp
from sopctl.core.codec import decode, digest
from sopctl.core.errors import SopError, TemporaryError
from sopctl.core.journal import Entry, Record
from sopctl.engine.fold import apply
from sopctl.engine.keeper import Keeper
from sopctl.engine.ports import Deps
from sopctl.engine.state import RunState, Work


class Session:
    """One leg at work. Everything it learns goes through :meth:`append`."""

    def __init__(self, deps: Deps, state: RunState, keeper: Keeper) -> None:
        self.deps = deps
        self.state = state
        self.keeper = keeper
        self._silence: dict[str, tuple[datetime, int]] = {}  # since when, and how often asked

    def append(self, *entries: Entry) -> tuple[Record, ...]:
        """Record *entries* as one durable whole and take them into the state."""
        if not entries:
            return ()
        self.deps.point(f"before append {entries[-1].kind}")
        at = stamp(self.deps.clock.now())
        records = self.deps.store.append(self.keeper.lease, self.state.seq, entries, at)
        self.deps.point(f"after append {entries[-1].kind}")
        for record in records:
            apply(self.state, record)
        self.deps.on_records(records)
        return records

    def bears(self, work: Work, error: SopError) -> bool:
        """Whether a read of *work* that failed is to be asked once more: it may work in a moment.

        A control plane that fails over is away for half a minute, in just the incidents that
        runbooks are for.
        """
        if not isinstance(error, TemporaryError):
            return False
        now = self.deps.clock.now()
        since, asked = self._silence.get(work.key, (now, 0))
        self._silence[work.key] = (since, asked + 1)
        if (now - since).total_seconds() >= self.deps.outage:
            return False
        self.deps.on_wait(f"{work.key}: {error.summary}")
        return True

    def heard(self, work: Work) -> int:
        """It is answered: how often it was asked in vain before."""
        return self._silence.pop(work.key, (None, 0))[1]

    def action(self, work: Work) -> AnyAction:
        return self.deps.actions[work.plan.uses]

    def params(self, work: Work) -> Any:  # noqa: ANN401  # the action's own params
        kinds = self.deps.actions if work.plan.uses in self.deps.actions else self.deps.checks
        return decode(kinds[work.plan.uses].params, work.plan.params)

    def call(self, work: Work, ops: Sequence[str]) -> Call:
        return Call(
            run=self.state.run,
            step=work.key,
            op_id=ops[0] if len(ops) == 1 else digest(list(ops))[:32],
            guard=self.keeper.guard,
        )
