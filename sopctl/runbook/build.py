"""From the shape of a file to the Runbook that the engine knows."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.codec import Json
from sopctl.core.runbook import (
    Approve,
    Guardrail,
    OnEmpty,
    OnFailure,
    Parameter,
    ParameterType,
    ReturnEntry,
    ReturnKind,
    Runbook,
    Step,
    StepKind,
)
from sopctl.notation import duration
from sopctl.runbook.model import (
    ApproveShape,
    ParameterShape,
    Question,
    ReturnShape,
    RunbookShape,
    StepShape,
)


def runbook(shape: RunbookShape, *, source: str, digest: str, path: str) -> Runbook:
    """The runbook of *shape*, which has passed all rules."""
    limits = shape.guardrails.max_objects
    return Runbook(
        name=shape.metadata.name,
        title=shape.metadata.title,
        owner=shape.metadata.owner,
        reviewed=shape.metadata.reviewed,
        description=shape.description,
        parameters=tuple(_parameter(name, one) for name, one in shape.parameters.items()),
        guardrails={
            kind: Guardrail(count=limit.count, percent=limit.percent)
            for kind, limit in limits.items()
        },
        revert_within=_seconds(shape.revert_within),
        before=_steps("before", shape.before),
        steps=_steps("steps", shape.steps),
        after=_steps("after", shape.after),
        way_back=tuple(_return(n, one) for n, one in enumerate(shape.way_back, start=1)),
        source=source,
        digest=digest,
        path=path,
    )


def _parameter(name: str, shape: ParameterShape) -> Parameter:
    return Parameter(
        name=name,
        type=shape.type,
        required=shape.required,
        default=_default(shape),
        help=shape.help,
        choices=shape.choices,
        pattern=shape.pattern,
    )


def _default(shape: ParameterShape) -> Json:
    """The default as a person would write it: text types are text, durations keep their unit."""
    value: Json = shape.default
    if shape.type is ParameterType.LIST and isinstance(value, Sequence):
        return [item if isinstance(item, str) else repr(item) for item in value]
    if shape.type in (ParameterType.INT, ParameterType.BOOL) or value is None:
        return value
    return value if isinstance(value, str) else repr(value)


def _steps(section: str, shapes: Sequence[StepShape]) -> tuple[Step, ...]:
    return tuple(_step(f"{section}-{n}", shape) for n, shape in enumerate(shapes, start=1))


def _step(default_id: str, shape: StepShape) -> Step:
    late = shape.select == "late"
    empty = shape.empty or (OnEmpty.OK if late else OnEmpty.WARN)
    kind, uses = _work(shape)
    return Step(
        id=shape.id or default_id,
        kind=kind,
        uses=uses,
        why=shape.why,
        params=shape.params,
        when=shape.when.strip(),
        needs=shape.needs,
        on_failure=shape.on_failure or _ON_FAILURE.get(kind, OnFailure.STOP),
        empty=empty,
        approve=_approve(shape.approve),
        late=late,
        bound=shape.bound or 0,
        keep=shape.keep,
        wait=_seconds(shape.wait),
    )


# That nobody could be told is no reason to leave the rest undone.
_ON_FAILURE = {StepKind.NOTIFY: OnFailure.CONTINUE}


def _return(number: int, shape: ReturnShape) -> ReturnEntry:
    if shape.restore is not None:
        return ReturnEntry(kind=ReturnKind.RESTORE, restore=shape.restore, canary=shape.canary or 0)
    kind, uses = _work(shape)
    step = Step(
        id=shape.id or f"return-{number}",
        kind=kind,
        uses=uses,
        why=shape.why,
        params=shape.params,
        when=shape.when.strip(),
        approve=_approve(shape.approve),
        bound=shape.bound or 0,
        wait=_seconds(shape.wait),
    )
    return ReturnEntry(kind=_RETURN_KINDS[kind], step=step)


_RETURN_KINDS = {
    StepKind.ACTION: ReturnKind.USES,
    StepKind.CHECK: ReturnKind.CHECK,
    StepKind.GATE: ReturnKind.GATE,
}


def _work(shape: Question) -> tuple[StepKind, str]:
    if shape.uses is not None:
        return StepKind.ACTION, shape.uses
    if shape.check is not None:
        return StepKind.CHECK, shape.check
    if shape.gate is not None:
        return StepKind.GATE, shape.gate
    assert isinstance(shape, StepShape)
    assert shape.notify is not None
    return StepKind.NOTIFY, shape.notify


def _approve(shape: ApproveShape | None) -> Approve | None:
    return None if shape is None else Approve(by=shape.by, reason=shape.reason == "required")


def _seconds(text: str | None) -> float:
    return float(duration.seconds(text)) if text else 0.0
