"""Markers for actions that change objects of several kinds, or objects that are not there yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sopctl.core.action import AnyChange, Call, Mark, Marker
from sopctl.core.resource import ResourceId


@dataclass(frozen=True, slots=True)
class ByKind:
    """The marker of each kind of resource."""

    markers: Mapping[str, Marker]

    def name(self, change: AnyChange, run: str) -> Mark:
        return self.markers[change.resource.kind].name(change, run)

    def read(self, clients: Any, marks: Sequence[Mark]) -> Mapping[Mark, str | None]:  # noqa: ANN401  # each provider has its own clients
        found: dict[Mark, str | None] = {}
        for marker, ours in self._shared_out(marks):
            found |= marker.read(clients, ours)
        return found

    def write(self, call: Call, clients: Any, marks: Sequence[Mark]) -> None:  # noqa: ANN401  # as above
        for marker, ours in self._shared_out(marks):
            marker.write(call, clients, ours)

    def remove(self, call: Call, clients: Any, marks: Sequence[Mark]) -> None:  # noqa: ANN401  # as above
        for marker, ours in self._shared_out(marks):
            marker.remove(call, clients, ours)

    def _shared_out(self, marks: Sequence[Mark]) -> list[tuple[Marker, Sequence[Mark]]]:
        shared = [
            (marker, [mark for mark in marks if mark.resource.kind == kind])
            for kind, marker in self.markers.items()
        ]
        return [(marker, ours) for marker, ours in shared if ours]


@dataclass(frozen=True, slots=True)
class Beside:
    """Marks on *carrier* for changes of *resource*, which is not there before it is changed."""

    resource: ResourceId
    carrier: ResourceId
    inner: Marker

    def name(self, change: AnyChange, run: str) -> Mark:
        if change.resource == self.resource:
            change = replace(change, resource=self.carrier)
        return self.inner.name(change, run)

    def read(self, clients: Any, marks: Sequence[Mark]) -> Mapping[Mark, str | None]:  # noqa: ANN401  # each provider has its own clients
        return self.inner.read(clients, marks)

    def write(self, call: Call, clients: Any, marks: Sequence[Mark]) -> None:  # noqa: ANN401  # as above
        self.inner.write(call, clients, marks)

    def remove(self, call: Call, clients: Any, marks: Sequence[Mark]) -> None:  # noqa: ANN401  # as above
        self.inner.remove(call, clients, marks)
