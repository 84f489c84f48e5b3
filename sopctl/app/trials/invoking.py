"""How a test runs sopctl: the very commands, on a world of its own and a journal in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sopctl.app import standing
from sopctl.app.composition import App, Parts
from sopctl.app.settings import Settings
from sopctl.app.trials.stage import Stage
from sopctl.core.codec import Json
from sopctl.engine.state import RunState
from sopctl.journal.memory import MemoryStore
from sopctl.runbook.trials.model import RunShape

REASON: Final = "a runbook test"
MOST_ANSWERS: Final = 20


@dataclass(frozen=True, slots=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


# Carries out one command line with an application; there is no terminal.
Invoke: TypeAlias = Callable[[App, Sequence[str]], Said]


class Operator:
    """A person with a stage, a journal and the commands of sopctl."""

    def __init__(self, stage: Stage, invoke: Invoke, store: MemoryStore) -> None:
        self._stage = stage
        self._invoke = invoke
        self.store = store

    def run(self, book: str, given: RunShape, *, dry: bool = False) -> Said:
        """`sopctl run`, and `sopctl approve` at each gate that has an answer."""
        said = self._go(
            "run", book, *_options(given), *(("--dry-run", "-o", "json") if dry else ())
        )
        for _ in range(MOST_ANSWERS):
            state = self.newest()
            gate = _waits_at(state)
            answer = given.answers.get(gate.partition(":")[2] or gate)
            if dry or state is None or answer is None:
                break
            more = self._go("approve", state.run, "--answer", answer)
            said = Said(more.code, said.out + more.out, said.err + more.err)
        return said

    def roll_back(self, run: str) -> Said:
        return self._go("rollback", run)

    def newest(self) -> RunState | None:
        """The run that was begun last, if there is one."""
        found = standing.states(self._typed)
        return found[-1] if found else None

    @property
    def _typed(self) -> Any:  # noqa: ANN401  # a MemoryStore keeps the contract of every store
        return self.store

    def _go(self, command: str, *words: str) -> Said:
        stage = self._stage
        parts = Parts(
            connect=stage.connection,
            targets={stage.target.name: stage.target},
            store=self._typed,
        )
        settings = Settings(config=stage.folder / "config", state=stage.folder / "state")
        app = App(settings, parts)
        agreed = ("--yes", "--reason", REASON, "--target", stage.target.name)
        try:
            return self._invoke(app, (command, *words, *agreed))
        finally:
            app.close()


def _waits_at(state: RunState | None) -> str:
    """The gate at which a run is parked; empty if it is not."""
    if state is None or state.end or not state.parked or state.parked["why"] != "gate":
        return ""
    return str(state.parked["work"])


def _options(given: RunShape) -> list[str]:
    words = [w for name, value in given.parameters.items() for w in ("--param", _pair(name, value))]
    words += [word for step in given.consent for word in ("--consent", step)]
    if given.max_objects is not None:
        words += ["--max-objects", str(given.max_objects)]
    return words


def _pair(name: str, value: Json) -> str:
    if isinstance(value, bool):
        return f"{name}={'true' if value else 'false'}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"{name}={','.join(str(each) for each in value)}"
    return f"{name}={'' if value is None or isinstance(value, Mapping) else value}"
