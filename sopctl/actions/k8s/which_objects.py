"""Which objects of any kind an action is asked for: one by name, or those with labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.errors import NotFoundError, RefusedError
from sopctl.core.resource import ResourceId
from sopctl.facts.objects import api, meta
from sopctl.facts.objects.meta import Obj
from sopctl.providers.k8s import K8s
from sopctl.providers.k8s_paths import address, collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Either *name*, or *labels* that must all be there; *namespace* empty is all of them."""

    api_version: str
    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str] | None

    def check(self) -> None:
        """Raise RefusedError unless it says which objects."""
        if bool(self.name) == (self.labels is not None):
            raise RefusedError(
                "it is not said which objects", hint="Give name, or labels; {} is every object."
            )
        if (self.api_version, self.kind) == ("v1", "Secret"):
            raise RefusedError(
                "what a Secret holds would stand in the plan and in the journal",
                hint="Change it where it comes from, or use `command` or `manual`.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """*kind* is that of resource ids; *population* counts all objects that were looked at."""

    kind: str
    objects: tuple[Obj, ...]
    population: int


def chosen(k8s: K8s, which: Which, *, scalable: bool = False) -> Chosen:
    """The objects, as the API has them; raises RefusedError for a kind that is not served."""
    found = api.discover(k8s, which.api_version, which.kind)
    if scalable and not found.scalable:
        raise RefusedError(f"a {which.kind} cannot be scaled", hint="It has no scale subresource.")
    if which.labels is None:
        if found.namespaced and not which.namespace:
            raise RefusedError(
                f"the {which.kind} {which.name} is in no namespace", hint="Give namespace."
            )
        objects = _one(k8s, found, which)
        return Chosen(kind=found.kind, objects=objects, population=len(objects))
    everyone = k8s.list(collection(found.kind, which.namespace if found.namespaced else ""))
    wanted = which.labels.items()
    objects = tuple(each for each in everyone if wanted <= meta.labels(each).items())
    return Chosen(kind=found.kind, objects=objects, population=len(everyone))


def _one(k8s: K8s, found: api.ApiResource, which: Which) -> tuple[Obj, ...]:
    name = f"{which.namespace}/{which.name}" if found.namespaced else which.name
    try:
        return (k8s.get(address(ResourceId(found.kind, name))),)
    except NotFoundError:
        return ()


def ids(chosen: Chosen, part: str, objects: Sequence[Obj] | None = None) -> tuple[ResourceId, ...]:
    """The *part* of each of the objects."""
    return tuple(
        ResourceId(chosen.kind, meta.full_name(each), meta.uid(each), part)
        for each in (chosen.objects if objects is None else objects)
    )
