"""``k8s.pod.unblock``: let pods that wait for a relaxed spread be made again.

A pod keeps the constraints it was admitted with, so that after the spread is relaxed the pods that
were pending stay pending. Those that a ReplicaSet or StatefulSet owns are deleted and come back
relaxed. Left alone: pods of Jobs (a deleted pod counts as a failure), pods nobody owns, and pods
admitted after the relaxation was in force, which wait for another reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sopctl.core.action import Action, Call, Change, Converged, Effect, Seen, Undo
from sopctl.core.errors import NotFoundError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta, pod, spread
from sopctl.facts.objects.lookup import IN_FLIGHT, WINDOW, lookup
from sopctl.facts.objects.pod import Pod
from sopctl.facts.world import World
from sopctl.providers import k8s_writes
from sopctl.providers.k8s_paths import address, collection

KIND = "k8s.pod"
IN_FORCE = timedelta(seconds=10)  # until every API server has compiled a new policy binding
_RECREATE = frozenset({"ReplicaSet", "StatefulSet", "ReplicationController"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*keys* are the topology keys that were relaxed."""

    keys: tuple[str, ...] = spread.KEYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """*blocked*: the scheduler names a spread constraint as a reason."""

    blocked: bool


def select(clients: World, params: Params) -> Selection:
    relaxed = _relaxed_since(clients)
    pods = clients.k8s.each(collection(KIND), pod.read)
    waiting = [
        each
        for each in pods
        if each.blocked
        and not each.terminating
        and not set(each.place.spread).isdisjoint(params.keys)
    ]
    ours = [each for each in waiting if each.owner and each.owner.kind in _RECREATE]
    old = [each for each in ours if relaxed is None or _older(each, relaxed)]
    notes = []
    if len(ours) < len(waiting):
        notes.append(f"{len(waiting) - len(ours)} pods are left: their owner makes no other")
    if len(old) < len(ours):
        notes.append(f"{len(ours) - len(old)} pods are left: they are younger than the policy")
    if relaxed is None and old:
        notes.append("no spread policy is switched on now: until it is, pods come back the same")
    ids = tuple(ResourceId(KIND, each.full_name, each.uid) for each in old)
    return Selection(ids, len(pods), tuple(notes))


def _relaxed_since(clients: World) -> datetime | None:
    try:
        binding = clients.k8s.get(address(ResourceId("k8s.spread_binding", spread.POLICY)))
    except NotFoundError:
        return None
    created = meta.created(binding)
    return None if created is None else created + IN_FORCE


def _older(each: Pod, moment: datetime) -> bool:
    return each.created is None or each.created < moment


def observe(
    clients: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Waiting]]:
    gone: Observed[Waiting] = Observed(ABSENT)
    found = {each: pod.read(obj) for each, obj in lookup(clients.k8s, ids).items()}
    return dict.fromkeys(ids, gone) | {
        resource: _observed(each) for resource, each in found.items()
    }


def _observed(each: Pod) -> Observed[Waiting]:
    return Observed(
        ABSENT if each.terminating else Waiting(blocked=each.blocked),
        evidence={"owner": each.owner.uid if each.owner is not None else ""},
        version=each.version,
    )


def desire(params: Params, resource: ResourceId, observed: Observed[Waiting]) -> Waiting | Absent:
    """A pod that found its place meanwhile stays."""
    if observed.state is not ABSENT and not observed.state.blocked:
        return observed.state
    return ABSENT


def converge(call: Call, clients: World, changes: Sequence[Change[Waiting]]) -> Converged:
    for change in changes:
        resource = change.resource
        yield (
            resource,
            k8s_writes.delete(
                call,
                clients.k8s,
                resource,
                uid=resource.incarnation,
                version=change.before.version,
            ),
        )


def look(
    clients: World, params: Params, changes: Sequence[Change[Waiting]], changed_at: datetime
) -> Seen:
    """Do the owners of the deleted pods have any pod that a spread constraint still blocks?"""
    owners = {str(each.before.evidence.get("owner")) for each in changes}
    pods = clients.k8s.each(collection(KIND), pod.read)
    stuck = [e for e in pods if e.blocked and e.owner is not None and e.owner.uid in owners]
    if stuck:
        return Seen(ok=False, detail=f"{len(stuck)} pods still wait, such as {stuck[0].full_name}")
    return Seen(ok=True, detail="no pod of the same owners waits for a spread constraint")


ACTION = Action(
    id="k8s.pod.unblock",
    summary="Delete pending pods that a relaxed spread constraint still blocks.",
    kind=KIND,
    params=Params,
    state=Waiting,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    effect=Effect(
        describe="no pod of the same owners waits for a spread constraint",
        look=look,
        within=300.0,
    ),
    undo=Undo.OWNER_RECREATES,
    concurrency=IN_FLIGHT,
    window=WINDOW,
    permissions=(
        "k8s:list pods",
        "k8s:get pods",
        "k8s:delete pods",
        "k8s:get mutatingadmissionpolicybindings.admissionregistration.k8s.io sopctl-relax-spread",
    ),
)
