"""Objects of any kind: the resource as RBAC spells it, then by name or by label.

The plural and its group (``deployments.apps``, ``configmaps``) are what a role has to allow, and
what ``kubectl api-resources`` lists; the version is the one that the server prefers.
Source: Kubernetes API concepts, "API discovery".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.codec import Json
from sopctl.core.errors import NotFoundError, RefusedError
from sopctl.core.resource import ResourceId
from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection, kind_of

_MANY = 8  # names in a hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The objects that were asked for, how many of their kind there are, and remarks.

    *noun* is what manifests call the kind, such as Deployment.
    """

    kind: str
    noun: str
    objects: tuple[Obj, ...]
    population: int
    notes: tuple[str, ...]

    def ids(self, part: str) -> tuple[ResourceId, ...]:
        """That *part* of each."""
        return tuple(
            ResourceId(self.kind, meta.full_name(obj), meta.uid(obj), part) for obj in self.objects
        )


def refuse_unnamed(names: Sequence[str], labels: Mapping[str, str]) -> None:
    """RefusedError unless something says which objects are meant."""
    if not (names or labels):
        raise RefusedError("no object was named", hint="Give names, or labels, or both.")


def find(
    world: World, resource: str, namespace: str, names: Sequence[str], labels: Mapping[str, str]
) -> Found:
    """Objects of *resource* for which all that is given holds.

    Raises RefusedError for a resource that the cluster does not have, and for a name that is not
    there.
    """
    kind, noun = _kind(world, resource)
    everyone = world.k8s.list(collection(kind))
    found = [
        obj
        for obj in everyone
        if (not namespace or obj["metadata"].get("namespace") == namespace)
        and (not names or obj["metadata"]["name"] in names)
        and labels.items() <= meta.labels(obj).items()
    ]
    if missing := sorted(set(names) - {str(obj["metadata"]["name"]) for obj in found}):
        where = f" in {namespace}" if namespace else ""
        raise RefusedError(
            f"there is no {resource} {', '.join(missing)}{where}",
            hint=f"`kubectl get {resource} -A` lists them.",
        )
    notes = tuple(
        f"{meta.full_name(obj)} is kept by {keeper}, which may write its own version back."
        for obj in found
        if (keeper := meta.keeper(obj))
    )
    return Found(kind=kind, noun=noun, objects=tuple(found), population=len(everyone), notes=notes)


def _kind(world: World, resource: str) -> tuple[str, str]:
    plural, _, group = resource.partition(".")
    try:
        version = _preferred(world, group)
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        served = world.k8s.get(root).get("resources") or ()
    except NotFoundError:
        raise RefusedError(
            f"the cluster has no API group {group}, of which {resource} would be",
            hint="`kubectl api-resources` lists what there is.",
        ) from None
    known = {str(each["name"]): each for each in served}
    if plural not in known:
        names = sorted(name for name in known if "/" not in name)
        few = ", ".join(names[:_MANY]) + (", ..." if len(names) > _MANY else "")
        raise RefusedError(
            f"the cluster has no resource {resource}",
            hint=f"Write its plural and its group, as roles do; here are {few}.",
        )
    namespaced = bool(known[plural].get("namespaced"))
    return kind_of(group, version, plural, namespaced=namespaced), str(known[plural]["kind"])


def _preferred(world: World, group: str) -> str:
    if not group:
        return "v1"
    return str(world.k8s.get(f"/apis/{group}")["preferredVersion"]["version"])


def rights(*verbs: str, resource: Json, part: str = "") -> tuple[str, ...]:
    """What a role has to allow for *verbs* on *resource*, and on its subresource *part*.

    Nothing can be said of a resource that is an expression.
    """
    if not isinstance(resource, str) or "${{" in resource:
        return ()
    whole = resource + (f"/{part}" if part else "")
    return tuple(f"k8s:{verb} {whole}" for verb in verbs)
