"""``ready.expander``: the autoscaler prefers groups by priority, and its ConfigMap is usable.

With priorities the preference can be switched in an incident without a restart. The ConfigMap has
to be in the autoscaler's namespace, and needs a last rule for everything.
Source: kubernetes/autoscaler, cluster-autoscaler/expander/priority/readme.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.core.errors import NotFoundError
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.world import World

_NAME = "cluster-autoscaler-priority-expander"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    found = world.facts.autoscalers()
    rows = tuple(row for each in found for row in _troubles(world, each))
    detail = "groups are not preferred by priority" if rows else "groups are preferred by priority"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(found))


def _troubles(world: World, autoscaler: Autoscaler) -> Iterator[str]:
    who = f"{autoscaler.namespace}/{autoscaler.name}"
    if "priority" not in autoscaler.expander.split(","):
        yield f"{who} has the expander {autoscaler.expander or 'of its default'}"
        return
    path = f"/api/v1/namespaces/{autoscaler.namespace}/configmaps/{_NAME}"
    try:
        data = world.k8s.get(path).get("data") or {}
    except NotFoundError:
        yield f"{who}: {autoscaler.namespace} has no ConfigMap {_NAME}"
        return
    try:
        rules = yaml.safe_load(data.get("priorities", ""))
        patterns = [str(one) for some in rules.values() for one in some]
        usable = all(map(re.compile, patterns)) and isinstance(rules, Mapping)
    except (yaml.YAMLError, re.error, AttributeError, TypeError):
        usable, patterns = False, []
    if not usable:
        yield f"{who}: the priorities in {_NAME} cannot be read"
    elif ".*" not in patterns:
        yield f"{who}: no rule of {_NAME} is for everything (.*)"


CHECK: Check[Params] = Check(
    id="ready.expander",
    summary="The autoscaler prefers groups by priority, and its ConfigMap is usable.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps", f"k8s:get configmaps {_NAME}"),
    readiness=Readiness(
        row="CA4",
        severity=Severity.WARNING,
        why="Only priorities can turn the autoscaler to on-demand groups without a restart.",
        fix="--expander=priority,least-waste, and a ConfigMap with priorities that ends with .*",
    ),
)
