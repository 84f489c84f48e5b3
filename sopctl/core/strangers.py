"""Actions and checks that installed packages add, by entry points."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Protocol, TypeVar

from sopctl.core.errors import RefusedError


class Room(Protocol):
    """An action or a check."""

    @property
    def id(self) -> str: ...


RoomT = TypeVar("RoomT", bound=Room)


def joined(
    own: Mapping[str, RoomT], kind: type[RoomT], *, group: str, what: str, broken: dict[str, str]
) -> Mapping[str, RoomT]:
    """*own* and those of *kind* that the entry points of *group* name; *what* is for people.

    A stranger cannot take the name of one that is there: RefusedError. One that cannot be loaded is
    left out, with the reason in *broken*: it must not stop what does without it.
    """
    found = dict(own)
    for entry in entry_points(group=group):
        try:
            room = entry.load()
        except Exception as error:  # noqa: BLE001  # it is somebody else's code
            broken[entry.name] = f"{entry.value}: {type(error).__name__}: {error}"
            continue
        if not isinstance(room, kind) or room.id != entry.name or room.id in found:
            raise RefusedError(
                f"the entry point {entry.name} of {entry.value} is not a new {what} of that name",
                hint="Uninstall the package, or have it fixed.",
            )
        found[room.id] = room
    return found
