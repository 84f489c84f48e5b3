"""Who owns which field: the `managedFields` of an object.

What a write changes is found out at the write; who owns what after it, only when somebody reads
it. Most of what the controllers write is written again before any client looks.
Source: k8s.io/apimachinery pkg/util/managedfields/internal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sopctl.sandbox.k8s import fieldsets
from sopctl.sandbox.k8s.fieldsets import Fields
from sopctl.sandbox.k8s.objects import Deferred, Json, Obj

_SERVERS = frozenset({"apiVersion", "kind", "metadata", "status"})
_LONGEST = 8  # writes that are remembered before they are worked out


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One entry of `managedFields`."""

    manager: str
    operation: str
    api_version: str
    subresource: str = ""
    time: str = ""
    fields: Fields = frozenset()

    def same(self, other: Owner) -> bool:
        """Whether both are the same owner, whatever they own."""
        mine = (self.manager, self.operation, self.subresource)
        return mine == (other.manager, other.operation, other.subresource) and (
            self.api_version == other.api_version or self.operation == "Apply"
        )

    def __str__(self) -> str:
        """The owner as a conflict message names it."""
        text = f'"{self.manager}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return text + (f" using {self.api_version}" if self.operation != "Apply" else "")


@dataclass(frozen=True, slots=True)
class _Written:
    """One or more writes of one owner, which owns `touched` and neither of `removed` after them.

    `changed` is what others lose.
    """

    writer: Owner
    touched: Fields
    removed: Fields
    changed: Fields

    def then(self, later: _Written) -> _Written:
        """Both as one; they are of the same owner."""
        return _Written(
            later.writer,
            (self.touched - later.removed) | later.touched,
            self.removed | later.removed,
            self.changed | later.changed,
        )

    def over(self, owners: Iterable[Owner]) -> tuple[Owner, ...]:
        """Who owns what after the writes: whoever changes a field owns it from then on."""
        others: list[Owner] = []
        own = self.touched
        for owner in owners:
            if owner.same(self.writer):
                own = (owner.fields - self.removed) | self.touched
            else:
                others.append(replace(owner, fields=owner.fields - self.changed))
        return (*others, replace(self.writer, fields=own))


@dataclass(frozen=True, slots=True)
class _Born:
    """A new object, all of which belongs to who wrote it."""

    schema: Obj
    obj: Obj
    writer: Owner

    def owners(self) -> tuple[Owner, ...]:
        fields, _ = _difference(self.schema, {}, self.obj, self.writer)
        return (replace(self.writer, fields=fields),) if fields else ()


class Ownership(Deferred):
    """The `managedFields` of one stored version of an object."""

    __slots__ = ("_entries", "_known")

    def __init__(self, base: tuple[Owner, ...] | _Born, writes: tuple[_Written, ...] = ()) -> None:
        """What *writes*, oldest first, left of who owned what before them."""
        # One value, because several threads may read and work out at once.
        self._known = (base, writes)
        self._entries: list[Obj] | None = None

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Everybody who owns something."""
        base, writes = self._known
        found = base.owners() if isinstance(base, _Born) else base
        for write in writes:
            found = write.over(found)
        found = tuple(owner for owner in found if owner.fields)
        self._known = (found, ())
        return found

    def plain(self) -> Json:
        """The entries as JSON."""
        if self._entries is None:
            self._entries = entries_of(self.owners)
        return self._entries

    def after(self, schema: Obj, old: Obj, new: Obj, writer: Owner) -> Ownership:
        """Who owns what after a plain write; the same when it changed nothing."""
        touched, removed = _difference(schema, old, new, writer)
        if not touched and not removed:
            return self
        write = _Written(writer, touched, removed, touched | removed)
        base, writes = self._known
        if writes and writes[-1].writer.same(writer):
            return Ownership(base, (*writes[:-1], writes[-1].then(write)))
        if len(writes) < _LONGEST:
            return Ownership(base, (*writes, write))
        return Ownership(self.owners, (write,))


def owners_of(obj: Obj | None) -> tuple[Owner, ...]:
    """The owners recorded in an object."""
    entries = (obj or {}).get("metadata", {}).get("managedFields") or ()
    if isinstance(entries, Ownership):
        return entries.owners
    return tuple(
        Owner(
            manager=entry.get("manager", ""),
            operation=entry.get("operation", "Update"),
            api_version=entry.get("apiVersion", ""),
            subresource=entry.get("subresource", ""),
            time=entry.get("time", ""),
            fields=frozenset(fieldsets.decode(entry.get("fieldsV1") or {})),
        )
        for entry in entries
    )


def entries_of(owners: Iterable[Owner]) -> list[Obj]:
    """The `managedFields` of owners; those who own nothing are left out."""
    return [
        {
            "manager": owner.manager,
            "operation": owner.operation,
            "apiVersion": owner.api_version,
            "time": owner.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": fieldsets.encode(owner.fields),
            **({"subresource": owner.subresource} if owner.subresource else {}),
        }
        for owner in owners
        if owner.fields
    ]


def states_something(obj: Obj) -> bool:
    """Whether an object has more than a name and what the server adds."""
    return any(obj.get(key) for key in obj.keys() - _SERVERS) or any(
        obj["metadata"].get(key) for key in ("annotations", "finalizers", "labels")
    )


def born(schema: Obj, obj: Obj, writer: Owner) -> Ownership:
    """Who owns what of an object that was just created."""
    return Ownership(_Born(schema, {**obj, "metadata": dict(obj["metadata"])}, writer))


def kept(old: Obj, new: Obj) -> Ownership:
    """Who owns what before an update of the old object to the new one.

    A client may send other owners than the stored ones: that is how entries are removed, and a
    single empty entry removes all (managedfields/internal/fieldmanager.go, decodeLiveOrNew).
    """
    known = old["metadata"].get("managedFields")
    stored = known if isinstance(known, Ownership) else Ownership(owners_of(old))
    given = new["metadata"].get("managedFields")
    if not given or isinstance(given, Ownership) or given == stored.plain():
        return stored
    return Ownership(() if given == [{}] else owners_of(new))


def _difference(schema: Obj, old: Obj, new: Obj, writer: Owner) -> tuple[Fields, Fields]:
    touched, removed = fieldsets.changed(schema, old, new)
    if writer.subresource != "status":
        touched = frozenset(path for path in touched if path[0] != "f:status")
    return touched, removed
