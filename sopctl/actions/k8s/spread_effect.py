"""What relaxed spread looks like: what admission makes of a pod, and templates rolled out.

A dry run goes through the whole admission chain, webhooks included, and stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sopctl.core.action import AnyChange, Seen
from sopctl.core.codec import Json
from sopctl.core.errors import PermissionDeniedError, ProviderError
from sopctl.core.resource import ABSENT
from sopctl.facts.objects import json_text, spread, workload
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.workload import Workload
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection

_AT_ONCE = 8
_WHOSE = ("labelSelector", "matchLabelKeys")


@dataclass(frozen=True, slots=True)
class Scope:
    keys: tuple[str, ...]
    except_namespaces: tuple[str, ...]


def look(clients: World, changes: Sequence[AnyChange], scope: Scope) -> Seen:
    """Are new pods admitted as the changes mean them to be, and have templates rolled out?"""
    templates = {each.resource.name for each in changes if each.resource.kind in workload.KINDS}
    everyone = workload.of_cluster(clients.k8s)
    if templates:
        return _rolled_out([each for each in everyone if each.name in templates])
    switches = [each.after for each in changes if each.resource.kind == "k8s.spread_binding"]
    if not switches:
        return Seen(ok=True, detail="the switch is as it was")
    return _admitted(clients, _representatives(everyone, scope), scope, on=ABSENT not in switches)


def admission(clients: World, scope: Scope, *, soft: bool) -> Seen:
    """Does admission, which alone decides it here, make pods soft, or some hard again?

    Templates tell nothing of what a webhook adds, so that every kind of workload is tried; which
    of them it leaves alone anyway is not known, so that going back one hard pod is the proof.
    """
    everyone = workload.of_cluster(clients.k8s)
    probes = _alike([each for each in everyone if each.namespace not in scope.except_namespaces])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(lambda each: _probe(clients, each, scope), probes))
    for each, answer in zip(probes, answers, strict=True):
        if isinstance(answer, str):
            told = f"a probe pod of {each.name} was refused: {answer}"
            return Seen(ok=False, detail=told)
        if answer and soft:
            return Seen(ok=False, detail=f"a probe pod of {each.name} is still admitted hard")
    if soft or not probes:
        return Seen(ok=True, detail=f"{len(probes)} probe pods were admitted relaxed")
    if not any(answers):
        return Seen(ok=False, detail="no probe pod is admitted hard again")
    return Seen(ok=True, detail=f"{sum(map(bool, answers))} of {len(probes)} are hard again")


def _rolled_out(changed: Sequence[Workload]) -> Seen:
    left = [each for each in changed if each.rolls and not each.rolled_out]
    if left:
        return Seen(ok=False, detail=f"{left[0].name} and {len(left) - 1} more are rolling out")
    return Seen(ok=True, detail=f"{len(changed)} workloads have rolled out")


def _representatives(everyone: Sequence[Workload], scope: Scope) -> Sequence[Workload]:
    """Those with hard constraints in their templates, as few as may be."""
    return _alike(
        [
            each
            for each in everyone
            if each.namespace not in scope.except_namespaces
            and spread.has_hard(each.spec, scope.keys)
        ]
    )


def _alike(everyone: Sequence[Workload]) -> Sequence[Workload]:
    """A workload of each namespace, and one with each set of constraints.

    Admission looks at both, each for itself; whose pods a constraint counts is nothing to it.
    """
    seen: set[str] = set()
    found = []
    for each in everyone:
        new = {each.namespace, _shape(spread.constraints(each.spec))} - seen
        if new:
            found.append(each)
            seen |= new
    return found


def _shape(constraints: Sequence[Obj]) -> str:
    plain = [{k: v for k, v in each.items() if k not in _WHOSE} for each in constraints]
    return json_text.dumped(plain)


def _admitted(clients: World, probes: Sequence[Workload], scope: Scope, *, on: bool) -> Seen:
    """All probes, but not before the first of them says yes: a switch takes seconds to be seen."""
    for some in (probes[:1], probes[1:]):
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = list(pool.map(lambda each: _probe(clients, each, scope), some))
        for each, answer in zip(some, answers, strict=True):
            if isinstance(answer, str):
                told = f"a probe pod of {each.name} was refused: {answer}"
                return Seen(ok=False, detail=told)
            if answer is on:
                word = "hard" if on else "relaxed"
                told = f"a probe pod of {each.name} is still admitted {word}"
                return Seen(ok=False, detail=told)
    word = "relaxed" if on else "with their hard constraints"
    return Seen(ok=True, detail=f"{len(probes)} probe pods were admitted {word}")


def _probe(clients: World, each: Workload, scope: Scope) -> bool | str:
    """Whether a new pod would have a hard constraint; a text is why it was refused."""
    metadata: Mapping[str, Json] = each.template.get("metadata") or {}
    body: Json = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "sopctl-probe-",
            "labels": metadata.get("labels") or {},
            "annotations": metadata.get("annotations") or {},
        },
        "spec": each.spec,
    }
    try:
        pod = clients.k8s.dry_run("POST", collection("k8s.pod", each.namespace), body)
    except (ProviderError, PermissionDeniedError) as error:
        return error.summary
    return spread.has_hard(pod["spec"], scope.keys)
