"""Objects with a number of replicas that are made where they are not, and resized where they are.

What we made carries a label that says so, and is deleted on the way back; what somebody else made
gets its number back. An object that another one replaced meanwhile has another label or number, so
that it is not taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.action import Call, Change, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.providers import json_patch, k8s_writes
from sopctl.providers.k8s_paths import split

LABELS = {"app.kubernetes.io/managed-by": "sopctl"}
_REPLICAS = "/spec/replicas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """*replicas*: how many it asks for, None where it does not say. *ours*: we made it."""

    replicas: int | None
    ours: bool


def observe(
    world: World, bodies: Mapping[ResourceId, Obj], ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Sized]]:
    """Each as it is; *bodies* are what they are made of where they are not there."""
    found = lookup(world.k8s, ids)
    return {each: _observed(found.get(each), bodies[each]) for each in ids}


def _observed(obj: Obj | None, body: Obj) -> Observed[Sized]:
    if obj is None or meta.terminating(obj):
        return Observed(ABSENT, evidence={"body": body})
    return Observed(
        Sized(
            replicas=(obj.get("spec") or {}).get("replicas"),
            ours=LABELS.items() <= meta.labels(obj).items(),
        ),
        evidence={"uid": meta.uid(obj)},
        version=meta.version(obj),
    )


def write(call: Call, world: World, change: Change[Sized]) -> Receipt:
    """Make, resize or delete one; what was deleted is not made again without its content."""
    before, after = change.before, change.after
    if before.state == after:
        return Receipt(kind=ReceiptKind.DONE)
    if after is ABSENT:
        uid = str(before.evidence["uid"])
        return k8s_writes.delete(call, world.k8s, change.resource, uid=uid, version=before.version)
    if before.state is ABSENT:
        if not after.ours:
            why = f"{change.resource.name} was somebody else's, and is gone"
            return Receipt(kind=ReceiptKind.REJECTED, why=why)
        return k8s_writes.create(call, world.k8s, change.resource, _made(change.resource, change))
    operations = json_patch.same_object(str(before.evidence["uid"]), before.version)
    if before.state.replicas is not None:
        operations.append(json_patch.test(_REPLICAS, before.state.replicas))
    if after.replicas is None:
        operations.append(json_patch.remove(_REPLICAS))
    else:
        operations.append(json_patch.add(_REPLICAS, after.replicas))
    return k8s_writes.patch(call, world.k8s, change.resource, operations)


def _made(resource: ResourceId, change: Change[Sized]) -> Json:
    body = change.before.evidence["body"]
    assert isinstance(body, Mapping), "what is not there comes with what it is made of"
    assert change.after is not ABSENT, "it is to be made"
    namespace, name = split(resource.name)
    metadata: Json = {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "labels": LABELS,
    }
    spec = body.get("spec")
    if not isinstance(spec, Mapping):
        return {**body, "metadata": metadata}
    return {**body, "metadata": metadata, "spec": {**spec, "replicas": change.after.replicas}}
