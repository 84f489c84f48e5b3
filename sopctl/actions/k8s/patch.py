"""``k8s.patch``: put members of any object, with an exact way back.

The API server is asked for a dry run first, so that the plan shows what it will really store, with
its defaults, and what admission says against it. Written is a merge patch of the very version that
was looked at. Source: Kubernetes API concepts, "Dry-run"; RFC 7386 for the merge patch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sopctl.actions.k8s import any_object, members, patch_rules
from sopctl.actions.k8s.members import Members
from sopctl.actions.k8s.patch_rules import Operation, Path
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers import k8s_writes
from sopctl.providers.answers import AnsweredError
from sopctl.providers.k8s import MERGE_PATCH
from sopctl.providers.k8s_paths import address

_SECRETS = "secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*resource*: plural and group, such as deployments.apps. *patch*: operations of RFC 6902.

    *names*, *labels* and *namespace* say which; all that is given has to hold.
    """

    resource: str
    patch: tuple[Operation, ...]
    namespace: str = ""
    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        any_object.refuse_unnamed(self.names, self.labels)
        patch_rules.refuse_unfit(self.patch)
        if self.resource == _SECRETS:
            raise RefusedError(
                "secrets are not patched: what stood there would be kept in the journal",
                hint="Let a secret's own tool change it.",
            )


def select(world: World, params: Params) -> Selection:
    found = any_object.find(world, params.resource, params.namespace, params.names, params.labels)
    part = " ".join(".".join(each) for each in patch_rules.anchors(params.patch))
    return Selection(found.ids(part), found.population, found.notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Members]]:
    """The members, and as evidence what they would become, or why that is refused."""
    return {
        each: _looked_at(world, params, each, obj) for each, obj in lookup(world.k8s, ids).items()
    }


def _looked_at(world: World, params: Params, resource: ResourceId, obj: Obj) -> Observed[Members]:
    paths = patch_rules.anchors(params.patch)
    seen = members.read(obj, paths)
    now = seen.state
    assert now is not ABSENT, "the members of an object that is there are read"
    try:
        wanted = now.become(
            {path: patch_rules.applied(params.patch, path, now.value(path)) for path in paths}
        )
        if not members.same(wanted, now):
            wanted = _stored(world, resource, seen, wanted, paths)
    except (RefusedError, AnsweredError) as error:
        return Observed(now, {**seen.evidence, "refused": error.summary}, seen.version)
    return Observed(now, {**seen.evidence, "wanted": encode(wanted)}, seen.version)


def _stored(
    world: World,
    resource: ResourceId,
    seen: Observed[Members],
    wanted: Members,
    paths: Sequence[Path],
) -> Members:
    """What the server would store for *wanted*."""
    body = members.merge_patch(seen, wanted)
    answer = world.k8s.dry_run("PATCH", address(resource), body, content_type=MERGE_PATCH)
    stored = members.read(answer, paths).state
    assert stored is not ABSENT, "as above"
    return wanted.become({path: stored.value(path) for path in paths})


def desire(params: Params, resource: ResourceId, observed: Observed[Members]) -> Members | Absent:
    if refused := observed.evidence.get("refused"):
        raise RefusedError(f"{resource}: {refused}", hint="Correct the patch.")
    return decode(Members, observed.evidence["wanted"])


def converge(call: Call, world: World, changes: Sequence[Change[Members]]) -> Converged:
    for each in changes:
        assert each.after is not ABSENT, "members are there or not as long as their object is"
        body = members.merge_patch(each.before, each.after)
        yield (
            each.resource,
            k8s_writes.merge(call, world.k8s, each.resource, body, version=each.before.version),
        )


def needs(written: Mapping[str, Json]) -> tuple[str, ...]:
    return any_object.rights("list", "get", "patch", resource=written.get("resource"))


ACTION: Action[Params, Members] = Action(
    id="k8s.patch",
    summary="Put members of any object: a JSON Patch that can be repeated and taken back.",
    kind="k8s.object",
    params=Params,
    state=Members,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=members.same,
    converge=converge,
    marker=AnnotationMarker("patch"),
    touch=fence.touch,
    needs=needs,
)
