"""``k8s.spread.restore``: spread pods again over zones, once the constraints hold again.

What was placed while spread was relaxed stays where it is: nothing moves it, and the next failure
of a zone takes more than its share. Not everything is restarted: only as many pods of each
workload as are too many in a zone are evicted, within their disruption budgets, one after another
for each workload, and the next only once the last is ready again elsewhere. So a pod that finds no
place holds up its own workload and nothing else. A pod stays once its zone has no more than its
share, and one with a volume or with local data stays in any case.
Source: kubernetes.io, "Pod Topology Spread Constraints", known limitations; descheduler,
RemovePodsViolatingTopologySpreadConstraint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sopctl.core.action import (
    Action,
    Call,
    Change,
    Converged,
    Effect,
    Receipt,
    ReceiptKind,
    Seen,
    Undo,
)
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import side_effects, skew
from sopctl.facts.objects import meta, node, pdb, pod, spread, workload
from sopctl.facts.objects.lookup import IN_FLIGHT, lookup
from sopctl.facts.objects.pod import Pod
from sopctl.facts.objects.workload import Workload
from sopctl.facts.skew import Skew
from sopctl.facts.world import World
from sopctl.providers import k8s_writes
from sopctl.providers.k8s_paths import collection

KIND = "k8s.pod"
AGAIN = 5.0  # seconds until a pod that has to wait is asked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*key*: the label of nodes that is spread over. *soft*: preferred constraints count, too.

    *delete_empty_dir*: also pods whose emptyDir volumes are lost by that.
    """

    key: str = spread.ZONE_KEY
    soft: bool = False
    except_namespaces: tuple[str, ...] = ("kube-system",)
    delete_empty_dir: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A pod that was not asked to go, where it is."""

    domain: str


def consent(params: Params) -> str:
    lost = "the data in the emptyDir volumes of the pods is lost"
    return lost if params.delete_empty_dir else ""


def _skews(world: World, params: Params, pods: Sequence[Pod]) -> Iterator[Skew]:
    nodes = world.k8s.each(collection("k8s.node"), node.read)
    near: dict[str, list[Pod]] = {}
    for one in pods:
        near.setdefault(one.namespace, []).append(one)
    for each in workload.of_cluster(world.k8s):
        if each.namespace in near and each.namespace not in params.except_namespaces:
            found = skew.of(each, near[each.namespace], nodes, params.key, soft=params.soft)
            if found is not None:
                yield found


def select(world: World, params: Params) -> Selection:
    """The pods that are too many, with a note for each workload, and for what stays as it is."""
    pods = world.k8s.each(collection(KIND), pod.read)
    ids: list[ResourceId] = []
    notes: list[str] = []
    for each in filter(lambda found: found.uneven, _skews(world, params, pods)):
        if why := _unclear(each.workload):
            notes.append(f"{each}; left alone, because {why}.")
            continue
        leaving = list(_leaving(each, params))
        wanted = sum(skew.surplus(each).values())
        stay = f", of {wanted} that should" if wanted > len(leaving) else ""
        notes.append(f"{each}; {len(leaving)} pods leave{stay}.")
        ids += [ResourceId(KIND, one.full_name, one.uid) for one in leaving]
    return Selection(tuple(ids), len(pods), tuple(notes))


def _unclear(each: Workload) -> str:
    affinity = (each.spec.get("affinity") or {}).get("nodeAffinity") or {}
    if affinity.get("requiredDuringSchedulingIgnoredDuringExecution"):
        return "its node affinity may keep it from zones"
    return "" if each.rolled_out else "its rollout is not finished"


def _leaving(each: Skew, params: Params) -> Iterator[Pod]:
    """Of each domain as many as are too many: what is not ready first, then the youngest."""
    for domain, count in sorted(skew.surplus(each).items()):
        able = [e for e in each.pods[domain] if not e.claims and e.owner is not None]
        able = [e for e in able if params.delete_empty_dir or not e.empty_dir]
        able.sort(key=lambda e: e.created.timestamp() if e.created else 0.0, reverse=True)
        yield from sorted(able, key=lambda e: e.ready)[:count]


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Placed]]:
    """Each pod with its workload, and whether its domain has too many, as things are now.

    A pod on a node that takes no more is in no domain, and is left to whoever empties that.
    """
    pods = world.k8s.each(collection(KIND), pod.read) if ids else []
    places = {
        one.uid: (each, domain)
        for each in (_skews(world, params, pods) if ids else ())
        for domain, some in each.pods.items()
        for one in some
    }
    budgets = world.k8s.each(pdb.PATH, pdb.read) if ids else []
    there = {each.uid: each for each in pods if not each.terminating}
    return {
        each: Observed(ABSENT)
        if each.incarnation not in there
        else _observed(there[each.incarnation], *places[each.incarnation], budgets)
        if each.incarnation in places
        else Observed(Placed(domain=""), evidence={"too_many": False})
        for each in ids
    }


def _observed(each: Pod, found: Skew, domain: str, budgets: Sequence[pdb.Pdb]) -> Observed[Placed]:
    of: Workload = found.workload
    owner: Json = None
    if each.owner is not None:
        owner = {"kind": each.owner.kind, "name": each.owner.name, "uid": each.owner.uid}
    return Observed(
        Placed(domain=domain),
        evidence={
            "owner": owner,
            "workload": {"kind": of.kind, "name": of.name, "uid": of.uid},
            "too_many": found.over(domain),
            "budgets": [one.full_name for one in pdb.guarding(each, budgets)],
        },
        version=each.version,
    )


def desire(params: Params, resource: ResourceId, observed: Observed[Placed]) -> Placed | Absent:
    """Gone; a pod whose domain has no more than its share stays."""
    return ABSENT if observed.evidence.get("too_many", True) else observed.state


def order(changes: Sequence[Change[Placed]]) -> Sequence[Sequence[Change[Placed]]]:
    """One pod of each workload at a time."""
    turns: dict[str, list[Change[Placed]]] = {}
    for each in changes:
        turns.setdefault(str(each.before.evidence.get("workload")), []).append(each)
    longest = max(map(len, turns.values()), default=0)
    return [[some[n] for some in turns.values() if n < len(some)] for n in range(longest)]


def converge(call: Call, world: World, changes: Sequence[Change[Placed]]) -> Converged:
    for each in changes:
        yield each.resource, _evict(call, world, each)


def _evict(call: Call, world: World, change: Change[Placed]) -> Receipt:
    evidence = change.before.evidence
    if change.before.state == change.after:
        return Receipt(kind=ReceiptKind.DONE)
    if change.after is not ABSENT:
        why = "an evicted pod does not come back; its owner makes another"
        return Receipt(kind=ReceiptKind.REJECTED, why=why)
    budgets = evidence["budgets"]
    if isinstance(budgets, Sequence) and len(budgets) > 1:
        named = ", ".join(map(str, budgets))
        why = f"{change.resource.name} has more than one disruption budget: {named}"
        return Receipt(kind=ReceiptKind.REJECTED, why=why)
    if waits := _waits(world, evidence["workload"]):
        return Receipt(kind=ReceiptKind.NOT_YET, why=waits, after=AGAIN)
    return k8s_writes.evict(call, world.k8s, change.resource)


def _waits(world: World, of: Json) -> str:
    """What the next pod has to wait for, by the pods themselves: a status lags behind them."""
    assert isinstance(of, Mapping), "we wrote it"
    kind, name = str(of["kind"]), str(of["name"])
    resource = ResourceId(kind, name, str(of["uid"]))
    found = lookup(world.k8s, [resource]).get(resource)
    if found is None:
        return ""
    read = workload.read(kind, found)
    ready = sum(
        each.ready and not each.terminating and meta.selects(read.selector, each.labels)
        for each in world.k8s.each(collection(KIND, read.namespace), pod.read)
    )
    return "" if ready >= read.replicas else f"{ready} of {read.replicas} pods of {name} are ready"


def look(
    world: World, params: Params, changes: Sequence[Change[Placed]], changed_at: datetime
) -> Seen:
    """Are the workloads whole again, and even?"""
    names = {_name(each) for each in changes}
    pods = world.k8s.each(collection(KIND), pod.read)
    found = [e for e in _skews(world, params, pods) if e.workload.name in names]
    if rolling := [each.workload.name for each in found if not each.workload.rolled_out]:
        return Seen(ok=False, detail=f"{', '.join(sorted(rolling))}: not all pods are ready")
    if uneven := [str(each) for each in found if each.uneven]:
        return Seen(ok=False, detail=f"still uneven: {'; '.join(sorted(uneven))}")
    return Seen(ok=True, detail="; ".join(sorted(map(str, found))) or "nothing runs any more")


def _name(change: Change[Placed]) -> str:
    of = change.before.evidence.get("workload")
    return str(of["name"]) if isinstance(of, Mapping) else ""


ACTION: Action[Params, Placed] = Action(
    id="k8s.spread.restore",
    summary="Spread pods again: evict those that are too many in a zone, one by one, in budgets.",
    kind=KIND,
    params=Params,
    state=Placed,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    order=order,
    effect=Effect(
        describe="the workloads are whole and even again", look=look, within=900.0, every=10.0
    ),
    undo=Undo.OWNER_RECREATES,
    disruptive=True,
    consent=consent,
    side_effects=side_effects.of_evictions,
    concurrency=IN_FLIGHT,
    patience=600.0,
    permissions=(
        "k8s:list nodes",
        "k8s:list pods",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
        "k8s:get deployments.apps",
        "k8s:get statefulsets.apps",
        "k8s:list poddisruptionbudgets.policy",
        "k8s:create pods/eviction",
    ),
)
