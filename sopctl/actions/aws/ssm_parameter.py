"""``aws.ssm.parameter``: set parameters of the Parameter Store, and put back what stood there.

The service has no conditional write for a parameter that is there: it is compared right before and
read back right after. One that is made is only made if it is not there. A SecureString is left
alone: what stood there would be kept in the journal.
Source: Systems Manager API reference, PutParameter (Overwrite), GetParameters (10 names a call).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.errors import NotFoundError, RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.providers.answers import AnsweredError
from sopctl.providers.receipts import receipt

KIND = "aws.ssm.parameter"
ENCRYPTED = "SecureString"
PAGE = 10
_TAKEN = "ParameterAlreadyExists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*values*: name to value. *type*: of those that are not there yet."""

    values: Mapping[str, str]
    type: Literal["String", "StringList"] = "String"

    def __post_init__(self) -> None:
        if not self.values:
            raise RefusedError("no parameter was named", hint="Give one: {/name: value}.")
        if empty := sorted(name for name, value in self.values.items() if not value):
            raise RefusedError(
                f"{', '.join(empty)} would be empty",
                hint="The Parameter Store takes no empty value.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterState:
    """The value, and whether it is one text or a list."""

    value: str
    type: str


def select(world: World, params: Params) -> Selection:
    """The parameters by name; raises RefusedError for one that is secret."""
    found = _read(world, params.values)
    if secret := sorted(name for name, raw in found.items() if raw["Type"] == ENCRYPTED):
        raise RefusedError(
            f"{', '.join(secret)}: a SecureString is not changed: the journal would keep it",
            hint="Let a secret's own tool change it.",
        )
    ids = tuple(ResourceId(KIND, name) for name in sorted(params.values))
    return Selection(ids, len(ids))


def _read(world: World, names: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
    every = sorted(names)
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(every), PAGE):
        answer = world.aws.read("ssm", "get_parameters", Names=every[start : start + PAGE])
        found |= {str(raw["Name"]): raw for raw in answer["Parameters"]}
    return found


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[ParameterState]]:
    found = _read(world, [each.name for each in ids])
    return {each: _observed(found.get(each.name)) for each in ids}


def _observed(raw: Mapping[str, Any] | None) -> Observed[ParameterState]:
    if raw is None:
        return Observed(ABSENT)
    state = ParameterState(value=str(raw["Value"]), type=str(raw["Type"]))
    return Observed(state, version=str(raw["Version"]))


def desire(
    params: Params, resource: ResourceId, observed: Observed[ParameterState]
) -> ParameterState | Absent:
    kind = params.type if observed.state is ABSENT else observed.state.type
    return ParameterState(value=params.values[resource.name], type=kind)


def converge(call: Call, world: World, changes: Sequence[Change[ParameterState]]) -> Converged:
    for each in changes:
        yield each.resource, _write(call, world, each)


def _write(call: Call, world: World, change: Change[ParameterState]) -> Receipt:
    name, before, after = change.resource.name, change.before.state, change.after
    if before == after:
        return Receipt(kind=ReceiptKind.DONE)
    try:
        if after is ABSENT:
            reply = world.aws.write(call, "ssm", "delete_parameter", Name=name)
        else:
            reply = world.aws.write(
                call,
                "ssm",
                "put_parameter",
                Name=name,
                Value=after.value,
                Overwrite=before is not ABSENT,
                **({"Type": after.type} if before is ABSENT else {}),
            )
    except NotFoundError as error:
        return Receipt(kind=ReceiptKind.DONE, requests=error.requests, why="it was gone already")
    except AnsweredError as error:
        told = receipt(error)
        if error.code == _TAKEN:
            return Receipt(kind=ReceiptKind.CONFLICT, why=told.why, requests=told.requests)
        return told
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))


ACTION: Action[Params, ParameterState] = Action(
    id="aws.ssm.parameter",
    summary="Set parameters of the Systems Manager Parameter Store.",
    kind=KIND,
    params=Params,
    state=ParameterState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    permissions=("ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameter"),
)
