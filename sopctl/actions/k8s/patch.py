"""``k8s.patch``: set or remove members of any object, and put them back exactly.

For what no other action knows. All members of one object are written by one JSON Patch, with
``test`` operations on the very values that it replaces, and are restored together. What the API
server would make of it (defaults, admission) is asked beforehand by a dry run, so that the plan
shows the object as it will be. Source: kubernetes.io, "API Concepts", dry-run.

A member that somebody keeps (a controller, Argo CD, Flux, Helm) will be written back by them, so
that it is refused unless the runbook says with ``despite`` why it is to be changed all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import cast

from sopctl.actions.k8s import patch_document, patch_settings, which_objects
from sopctl.actions.k8s.patch_document import Operation, Wanted
from sopctl.actions.k8s.patch_settings import Settings
from sopctl.actions.k8s.which_objects import Which
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.errors import (
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    ProviderError,
    RefusedError,
    TemporaryError,
)
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import api, meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.writers import keeper_of
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers import json_patch, k8s_writes
from sopctl.providers.k8s_paths import address

KIND = "k8s.object"
CONCURRENCY = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*api_version* and *kind* as in a manifest; *name*, or *labels* that must all be there.

    *set*: values by JSON Pointer, such as ``/spec/paused``; *remove*: pointers; *patch*: the same
    as a JSON Patch. *despite*: why a member is changed that somebody keeps.
    """

    api_version: str
    kind: str
    namespace: str = ""
    name: str = ""
    labels: Mapping[str, str] | None = None
    set: Mapping[str, object] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    patch: tuple[Operation, ...] = ()
    despite: str = ""

    def __post_init__(self) -> None:
        self.which.check()
        _ = self.wanted

    @property
    def which(self) -> Which:
        return Which(
            api_version=self.api_version,
            kind=self.kind,
            namespace=self.namespace,
            name=self.name,
            labels=self.labels,
        )

    @property
    def wanted(self) -> Wanted:
        return patch_document.wanted(self.set, self.remove, self.patch)


def select(world: World, params: Params) -> Selection:
    """One resource for each object: its members are written and restored together."""
    found = which_objects.chosen(world.k8s, params.which)
    notes = [note for each in found.objects if (note := _kept(each, params))]
    for each in found.objects:
        _refuse_unfit(each, params.wanted)
    ids = which_objects.ids(found, " ".join(params.wanted.pointers))
    _refuse_invalid(observe(world, params, ids))
    return Selection(ids, found.population, tuple(notes))


def _refuse_invalid(seen: Mapping[ResourceId, Observed[Settings]]) -> None:
    for resource, each in seen.items():
        if refused := each.evidence.get("refused"):
            raise RefusedError(
                f"{resource.name}: {refused}", hint="The API server would refuse the patch."
            )


def _kept(obj: Obj, params: Params) -> str:
    for pointer in params.wanted.pointers:
        if who := keeper_of(obj, json_patch.keys(pointer)):
            what = f"{pointer} of {meta.full_name(obj)} is kept by {who}, which may write it back"
            if not params.despite:
                raise RefusedError(what, hint="Change it there, or say in `despite` why here.")
            return f"{what}; all the same: {params.despite}"
    return ""


def _refuse_unfit(obj: Obj, wanted: Wanted) -> None:
    name = meta.full_name(obj)
    if pointer := patch_settings.missing_in_lists(obj, wanted.pointers):
        raise RefusedError(f"{name} has no {pointer}", hint="Write the whole list.")
    tested = tuple(dict(wanted.tests))
    asked = patch_settings.of(dict(wanted.tests), tested).values
    there = patch_settings.read(obj, tested).state
    assert there is not ABSENT, "an object always has this state"
    for pointer, value in asked.items():
        if there.values.get(pointer) != value:
            found = there.values.get(pointer, "absent")
            raise RefusedError(
                f"{pointer} of {name} is {found}, not {value}", hint="The test of the patch fails."
            )


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Settings]]:
    """The members, with what the API server would make of them as evidence."""
    found = lookup(world.k8s, ids)

    def one(resource: ResourceId) -> Observed[Settings]:
        return _observed(world, params.wanted, resource, found[resource])

    with ThreadPoolExecutor(max_workers=CONCURRENCY, thread_name_prefix="patch") as pool:
        return dict(zip(found, pool.map(one, found), strict=True))


def _observed(world: World, wanted: Wanted, resource: ResourceId, obj: Obj) -> Observed[Settings]:
    seen = patch_settings.read(obj, wanted.pointers)
    assert seen.state is not ABSENT, "an object always has this state"
    asked = patch_settings.of(wanted.values, wanted.pointers)
    if asked.values == seen.state.values:
        return seen
    document = _document(resource, replace(seen, version=""), asked)
    try:
        made = world.k8s.dry_run(
            "PATCH", address(resource), document, content_type=json_patch.MEDIA_TYPE
        )
    except TemporaryError:
        raise
    except PermissionDeniedError:
        return seen  # what may not be tried may not be done either, which preflight says
    except (ConflictError, NotFoundError):
        return seen  # it is being changed this very moment: the write will look again
    except ProviderError as error:
        return replace(seen, evidence={**seen.evidence, "refused": error.summary})
    would = patch_settings.read(made, wanted.pointers).state
    assert would is not ABSENT, "as above"
    return replace(seen, evidence={**seen.evidence, "would_be": dict(would.values)})


def _document(
    resource: ResourceId, before: Observed[Settings], after: Settings
) -> list[json_patch.Operation]:
    assert before.state is not ABSENT, "an object always has this state"
    shared = cast("Mapping[str, int]", before.evidence["shared"])
    loose = cast("Mapping[str, int]", before.evidence.get("loose", {}))
    there = replace(before.state, missing={**before.state.missing, **loose})
    pointers = resource.part.split(" ")
    return [
        *json_patch.same_object(resource.incarnation, before.version),
        *patch_settings.operations(there, after, shared, pointers),
    ]


def desire(params: Params, resource: ResourceId, seen: Observed[Settings]) -> Settings | Absent:
    """What the API server would make of it; what was asked for where it cannot be tried."""
    if seen.state is ABSENT:
        return ABSENT
    would = cast("Mapping[str, str] | None", seen.evidence.get("would_be"))
    if would is not None:
        return Settings(values=would)
    return patch_settings.of(params.wanted.values, params.wanted.pointers)


def satisfies(desired: Settings | Absent, observed: Settings | Absent) -> bool:
    """Equal in values: a neighbour of somebody else is no difference."""
    if desired is ABSENT or observed is ABSENT:
        return desired is observed
    return desired.values == observed.values


def converge(call: Call, world: World, changes: Sequence[Change[Settings]]) -> Converged:
    for each in changes:
        yield each.resource, _write(call, world, each)


def _write(call: Call, world: World, change: Change[Settings]) -> Receipt:
    assert change.after is not ABSENT, "an object always has this state"
    assert change.before.state is not ABSENT, "as above"
    if change.before.state.values == change.after.values:
        return Receipt(kind=ReceiptKind.DONE)
    document = _document(change.resource, change.before, change.after)
    return k8s_writes.patch(call, world.k8s, change.resource, document)


def needed(params: Mapping[str, Json]) -> tuple[str, ...]:
    """Reading and patching the kind that a step names."""
    reads = "list" if params.get("labels") is not None else "get"
    verbs = dict.fromkeys(("get", reads, "patch"))
    return tuple(right for verb in verbs for right in api.permission(verb, params))


ACTION: Action[Params, Settings] = Action(
    id="k8s.patch",
    summary="Set or remove fields of any Kubernetes object.",
    kind=KIND,
    params=Params,
    state=Settings,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=satisfies,
    converge=converge,
    marker=AnnotationMarker("patch"),
    touch=fence.touch,
    permissions_of=needed,
)
