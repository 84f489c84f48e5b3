"""What would be there: what actions wrote, laid over what is there. Nothing leaves this process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Lock
from typing import Any

from sopctl.core.action import AnyAction, AnyChange, Call, Converged, Receipt, ReceiptKind, Seen
from sopctl.core.check import AnyCheck, Verdict
from sopctl.core.resource import ABSENT, Observed, ResourceId

_Key = tuple[type[Any], ResourceId]  # actions that restore the same see each other's writes


@dataclass
class Overlay:
    """*first* is what each resource was before anything was written, *now* what it would be."""

    first: dict[_Key, Observed[Any]] = field(default_factory=dict)
    now: dict[_Key, Observed[Any]] = field(default_factory=dict)
    _writers: defaultdict[_Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    _versions: count[int] = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def over(self, action: AnyAction) -> AnyAction:
        """*action* that reads the target and writes here: no marks, every effect is seen."""

        def observe(
            clients: Any,  # noqa: ANN401  # passed on unseen
            params: Any,  # noqa: ANN401  # the action's own
            ids: Sequence[ResourceId],
        ) -> Mapping[ResourceId, Observed[Any]]:
            return self._laid_over(action.state, ids, action.observe(clients, params, ids))

        def converge(
            call: Call,
            _clients: Any,  # noqa: ANN401  # as above
            changes: Sequence[AnyChange],
        ) -> Converged:
            call.guard()
            for each in changes:
                self._write(action, each)
                yield each.resource, Receipt(kind=ReceiptKind.DONE)

        effect = action.effect and replace(action.effect, look=_seen)
        dry = replace(action, observe=observe, converge=converge, effect=effect, settle=0.0)
        return replace(dry, marker=None, touch=None, renew=None)

    def changed(self, action: AnyAction) -> list[tuple[ResourceId, Observed[Any], Observed[Any]]]:
        """What *action* wrote: each resource, what it was at first, and what it would be now."""
        return [
            (key[1], self.first[key], now)
            for key, now in self.now.items()
            if action.id in self._writers[key]
        ]

    def _laid_over(
        self,
        kind: type[Any],
        ids: Sequence[ResourceId],
        found: Mapping[ResourceId, Observed[Any]],
    ) -> Mapping[ResourceId, Observed[Any]]:
        seen = dict(found)
        for each in ids:
            written = self.now.get((kind, each))
            if written is None:
                continue
            there = found.get(each, Observed(ABSENT))
            seen[each] = replace(written, evidence=there.evidence or written.evidence)
        return seen

    def _write(self, action: AnyAction, change: AnyChange) -> None:
        with self._lock:
            key = (action.state, change.resource)
            self._writers[key].add(action.id)
            self.first.setdefault(key, change.before)
            version = f"written-{next(self._versions)}" if change.before.version else ""
            self.now[key] = replace(change.before, state=change.after, version=version, gone=False)


def _seen(*_: object) -> Seen:
    return Seen(ok=True, detail="not asked")


def holding(check: AnyCheck) -> AnyCheck:
    """*check* that always holds: what it asks is not so before anything is really written."""
    return replace(check, look=lambda _clients, _params: Verdict(holds=True, detail="not asked"))
