"""``aws.events.rule``: switch rules of EventBridge off or on.

Left alone are rules that an AWS service manages, and those that match all CloudTrail management
events, a state that enabling does not bring back.
Source: EventBridge API reference, Rule (State, ManagedBy), EnableRule, DisableRule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.errors import RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.providers.receipts import receipt

KIND = "aws.events.rule"
ON, OFF = "ENABLED", "DISABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*names* are rules of the event bus *bus*; *state*: what they are to be."""

    names: tuple[str, ...]
    state: Literal["DISABLED", "ENABLED"] = "DISABLED"
    bus: str = "default"

    def __post_init__(self) -> None:
        if not self.names:
            raise RefusedError("no rule was named", hint="Name one or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleState:
    """ENABLED or DISABLED."""

    state: str


def select(world: World, params: Params) -> Selection:
    """The rules that are called so; raises RefusedError for one that is not there."""
    every = _read(world, params.bus)
    if missing := sorted(set(params.names) - every.keys()):
        raise RefusedError(
            f"there is no rule {', '.join(missing)} on the bus {params.bus}",
            hint=f"`aws events list-rules --event-bus-name {params.bus}` lists them.",
        )
    why = {name: _kept(every[name]) for name in dict.fromkeys(params.names)}
    ids = tuple(
        ResourceId(KIND, name, str(every[name]["Arn"]), "state")
        for name, kept in why.items()
        if not kept
    )
    notes = tuple(f"{name}: left alone, because {kept}." for name, kept in why.items() if kept)
    return Selection(ids, len(every), notes)


def _read(world: World, bus: str) -> Mapping[str, Mapping[str, Any]]:
    pages = world.aws.pages("events", "list_rules", "Rules", EventBusName=bus)
    return {str(raw["Name"]): raw for raw in pages}


def _kept(raw: Mapping[str, Any]) -> str:
    if owner := raw.get("ManagedBy"):
        return f"{owner} manages it"
    return "" if raw["State"] in (ON, OFF) else f"{raw['State']} could not be put back"


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[RuleState]]:
    every = _read(world, params.bus)
    return {each: _observed(every.get(each.name), each, params.bus) for each in ids}


def _observed(raw: Mapping[str, Any] | None, resource: ResourceId, bus: str) -> Observed[RuleState]:
    if raw is None or raw["Arn"] != resource.incarnation:
        return Observed(ABSENT, gone=True)
    return Observed(RuleState(state=str(raw["State"])), evidence={"bus": bus})


def desire(
    params: Params, resource: ResourceId, observed: Observed[RuleState]
) -> RuleState | Absent:
    return RuleState(state=params.state)


def converge(call: Call, world: World, changes: Sequence[Change[RuleState]]) -> Converged:
    for each in changes:
        yield each.resource, _switch(call, world, each)


def _switch(call: Call, world: World, change: Change[RuleState]) -> Receipt:
    assert change.after is not ABSENT, "a rule is on or off as long as it is there"
    if change.before.state == change.after:
        return Receipt(kind=ReceiptKind.DONE)
    operation = "enable_rule" if change.after.state == ON else "disable_rule"
    bus = str(change.before.evidence["bus"])
    try:
        reply = world.aws.write(
            call, "events", operation, Name=change.resource.name, EventBusName=bus
        )
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))


ACTION: Action[Params, RuleState] = Action(
    id="aws.events.rule",
    summary="Switch rules of EventBridge off or on.",
    kind=KIND,
    params=Params,
    state=RuleState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    permissions=("events:ListRules", "events:EnableRule", "events:DisableRule"),
)
