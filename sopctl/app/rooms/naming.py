"""What the name of a new action or check says: where it stands, and how its files are called."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sopctl.core.errors import UsageError

_PART: Final = r"[a-z][a-z0-9_]{0,30}"
_ID: Final = re.compile(rf"{_PART}(\.{_PART}){{1,3}}")
LONGEST: Final = 40  # characters of a name; a longer one would not fit a line of the tables
_PACKAGE: Final = 30
_OURS: Final = ("aws", "k8s", "ready")


class Kind(StrEnum):
    ACTION = "action"
    CHECK = "check"


class Provider(StrEnum):
    AWS = "aws"
    K8S = "k8s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """*id* is the name in runbooks, *provider* what its skeleton talks to."""

    kind: Kind
    id: str
    provider: Provider

    @property
    def constant(self) -> str:
        """What the module calls it."""
        return self.kind.upper()

    @property
    def group(self) -> str:
        """The group of entry points by which a package adds it."""
        return f"sopctl.{self.kind}s"

    @property
    def stem(self) -> str:
        """The file's name in a package of its own."""
        return self.id.replace(".", "_")

    @property
    def own_stem(self) -> str:
        """The file's name in the folder of its provider: ``k8s.node.cordon`` is node_cordon."""
        return self.id.partition(".")[2].replace(".", "_")


def room(kind: Kind, name: str, provider: str) -> Room:
    """The room called *name*; raises UsageError if nothing can be called that."""
    if not _ID.fullmatch(name) or len(name) > LONGEST:
        raise UsageError(
            f"{name!r} cannot be the name of {article(kind)}",
            hint="Use two to four words of lower-case letters, digits and _, with dots between; "
            f"at most {LONGEST} characters.",
        )
    prefix = name.partition(".")[0]
    known = prefix if prefix in tuple(Provider) else provider or Provider.K8S
    return Room(kind=kind, id=name, provider=Provider(known))


def refuse_for_strangers(room: Room) -> None:
    """A later version of sopctl may take any name that begins as its own do."""
    if room.id.partition(".")[0] in _OURS:
        raise UsageError(
            f"{room.id} begins as the names of sopctl itself do",
            hint="Begin with a name of your own, such as acme, and say --on aws or --on k8s.",
        )


def refuse_for_us(room: Room) -> None:
    """Our rooms stand in the folder of their provider."""
    if room.id.partition(".")[0] not in tuple(Provider):
        raise UsageError(
            f"{room.id} begins with neither aws nor k8s",
            hint="Begin with one of them; for anything else copy the nearest file by hand.",
        )


def package(folder: str) -> str:
    """The package that a project called *folder* has; raises UsageError if it can have none."""
    found = re.sub(r"[^a-z0-9_]+", "_", folder.lower()).strip("_")
    if (
        not re.fullmatch(rf"[a-z][a-z0-9_]{{0,{_PACKAGE - 1}}}", found)
        or keyword.iskeyword(found)
        or found in _TAKEN
    ):
        raise UsageError(
            f"a project called {folder!r} cannot have a package",
            hint="Give --in a folder whose name is one, such as acme_sops.",
        )
    return found


_TAKEN: Final = ("sopctl", "tests", "test", "src")


def article(kind: Kind) -> str:
    return f"an {kind}" if kind is Kind.ACTION else f"a {kind}"
