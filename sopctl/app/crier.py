"""Tells people how a run goes: that it starts, waits, fails, ends, or is taken back.

It hears what the journal keeps, after it is kept, and never holds the run up: messages are sent in
the background, one after the other. It is told once, by whoever recorded it; a process that dies
right then tells nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final

from sopctl.app.place import Watcher
from sopctl.core.journal import Record, Store
from sopctl.core.notice import Notice, Told
from sopctl.engine import records as kinds
from sopctl.engine.ports import Herald

PATIENCE: Final = 12.0  # seconds of this machine to let the last messages go
# Record data is JSON that the engine's records module wrote.
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell: *event* is what the policy calls it."""

    event: str
    what: str  # for the title
    body: str


class Crier:
    """A watcher that passes everything on to *watcher*, and tells people what *tell* says."""

    def __init__(
        self,
        watcher: Watcher,
        herald: Herald,
        tell: Mapping[str, tuple[str, ...]],
        store: Store,
    ) -> None:
        self._watcher, self._herald, self._tell, self._store = watcher, herald, tell, store
        self._queue: SimpleQueue[tuple[Notice, str] | None] = SimpleQueue()
        self._failed: SimpleQueue[Told] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def records(self, records: Sequence[Record]) -> None:
        self._watcher.records(records)
        for record in records:
            message = message_of(record)
            if message is not None and (names := self._tell.get(message.event)):
                self._send(record.run, message, names)
        self._warn()

    def waiting(self, why: str) -> None:
        self._watcher.waiting(why)

    def warn(self, text: str) -> None:
        self._watcher.warn(text)

    def close(self) -> None:
        """Let what is on its way go, within PATIENCE, and say who was not told."""
        if self._thread is None:
            return
        self._queue.put(None)
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            self._watcher.warn("people may not have been told how the run goes: no answer in time")
        self._thread = None
        self._warn()

    def _send(self, run: str, message: Message, names: tuple[str, ...]) -> None:
        plan = self._store.read(run)[0].data["plan"]
        where = f"{plan['runbook']} on {plan['target']['name']}"  # type: ignore[index,call-overload]  # as above
        notice = Notice(to=names, title=f"{where} {message.what}")
        self._queue.put((notice, f"{message.body}\n\n{_see(run, message)}"))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True, name="crier")
            self._thread.start()

    def _work(self) -> None:
        while (one := self._queue.get()) is not None:
            for told in self._herald.tell(*one, _no_guard):
                if not told.ok:
                    self._failed.put(told)

    def _warn(self) -> None:
        while not self._failed.empty():
            self._watcher.warn(f"how the run goes: {self._failed.get()}")


def _see(run: str, message: Message) -> str:
    """Where to look, or what to do."""
    answers = message.event == "gate"
    then = f", `sopctl approve {run} --answer yes` (or no)" if answers else ""
    return f"Run {run}: `sopctl audit show {run}`{then}"


def _no_guard() -> None:
    return None


def message_of(record: Record) -> Message | None:
    """What a record is to people who do not watch; None: nothing."""
    find = _MESSAGES.get(record.kind)
    return find(record.data) if find else None


def _start(data: Data) -> Message:
    plan = data["plan"]
    by = f"{plan['title']}\nby {data.get('user', '?')}@{data.get('host', '?')}"
    reason = f", because {data['reason']}" if data.get("reason") else ""
    if source := plan["source_run"]:
        return Message("rollback", f"rolls back run {source}", by + reason)
    return Message("start", "starts", by + reason)


def _parked(data: Data) -> Message | None:
    if data["why"] == "gate":
        return Message("gate", "waits for an answer", str(data["detail"]))
    if data["why"] in ("decision", "effect", "signal"):
        return Message("failure", "has stopped", str(data["detail"]))
    return None


def _undo(data: Data) -> Message:
    return Message("rollback", "is undone", f"decided by {data['by']}: {data['why']}")


def _end(data: Data) -> Message:
    return Message("end", f"has ended: {data['outcome']}", f"It ended as {data['outcome']}.")


_MESSAGES: Final[Mapping[str, Callable[[Data], Message | None]]] = {
    kinds.START: _start,
    kinds.PARKED: _parked,
    kinds.UNDO: _undo,
    kinds.END: _end,
}
