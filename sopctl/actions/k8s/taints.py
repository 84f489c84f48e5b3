"""Taints of nodes by key: read, set and taken off, with the whole list as the precondition.

The list is atomic to the API server's patches, but each taint has an owner of its own; so a taint
is the resource, and a write tests the list that it was decided on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sopctl.core.action import Call, Change, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId
from sopctl.facts.objects import meta, node
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.providers import json_patch, k8s_writes

_TAINTS = "/spec/taints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """A taint of the key that the resource names; *added* is its ``timeAdded``."""

    value: str
    effect: str
    added: str = ""


def same(desired: Taint | Absent, observed: Taint | Absent) -> bool:
    """Equal but for the time, which the API server may set."""
    if desired is ABSENT or observed is ABSENT:
        return desired is observed
    return (desired.value, desired.effect) == (observed.value, observed.effect)


def observe(world: World, ids: Sequence[ResourceId]) -> Mapping[ResourceId, Observed[Taint]]:
    """The taint of each node; evidence has the whole list and the instance."""
    found = lookup(world.k8s, ids)
    return {each: _observed(obj, each.part) for each, obj in found.items()}


def _observed(obj: Obj, key: str) -> Observed[Taint]:
    listed = (obj.get("spec") or {}).get("taints") or ()
    mine = [each for each in listed if each["key"] == key]
    state: Taint | Absent = ABSENT
    if mine:
        state = Taint(
            value=mine[0].get("value", ""),
            effect=mine[0]["effect"],
            added=mine[0].get("timeAdded", ""),
        )
    seen = node.read(obj)
    evidence: dict[str, Json] = {"taints": list(listed), "instance": seen.instance}
    return Observed(state, evidence=evidence, version=meta.version(obj))


def write(call: Call, world: World, change: Change[Taint]) -> Receipt:
    """The list without the taint, or with it in the place where it was."""
    if same(change.after, change.before.state):
        return Receipt(kind=ReceiptKind.DONE)
    listed = cast("Sequence[Mapping[str, Json]]", change.before.evidence["taints"])
    key = change.resource.part
    kept: list[Json] = [each for each in listed if each["key"] != key]
    if change.after is not ABSENT:
        kept.append(_written(key, change.after))
    operations = json_patch.same_object(change.resource.incarnation, change.before.version)
    if listed:
        operations.append(json_patch.test(_TAINTS, list(listed)))
    operations.append(json_patch.add(_TAINTS, kept) if kept else json_patch.remove(_TAINTS))
    return k8s_writes.patch(call, world.k8s, change.resource, operations)


def _written(key: str, taint: Taint) -> Json:
    given = {
        "key": key,
        "value": taint.value,
        "effect": taint.effect,
        "timeAdded": taint.added,
    }
    return {name: value for name, value in given.items() if value}
