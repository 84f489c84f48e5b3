"""The shape of a runbook file.

Shape only: what depends on several fields at once is in ``sopctl.runbook.rules``. The JSON Schema
for editors is generated from these classes, so a description here is read by people there.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool

from sopctl.core.runbook import ApproveBy, OnEmpty, OnFailure, ParameterType
from sopctl.notation.shape import NAME, Count, Duration, Text

DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
PARAMETER_NAME = r"^[a-z][a-z0-9_]{0,62}$"
STEP_ID = r"^[a-z][a-z0-9_-]{0,62}$"
STEP_NAME = r"^[a-z][a-z0-9_-]{0,62}(\.[a-z][a-z0-9_-]{0,62}){0,4}$"


StepId: TypeAlias = Annotated[Text, Field(pattern=STEP_ID)]
StepName: TypeAlias = Annotated[Text, Field(pattern=STEP_NAME)]
"""An id, or that of a step of an included runbook: ``evacuate.cordon``."""


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Metadata(Shape):
    name: Annotated[Text, Field(pattern=NAME, description="The file's name without .yaml.")]
    title: Annotated[Text, Field(description="What it does, in one line.")]
    owner: Annotated[Text, Field(description="Who keeps it in order.")] = ""
    reviewed: Annotated[
        Text, Field(pattern=DAY, description="The day of the last review, such as 2026-11-22.")
    ] = ""


class ParameterShape(Shape):
    type: ParameterType
    required: StrictBool = False
    default: JsonValue = None
    help: Text = ""
    choices: Annotated[tuple[Text, ...], Field(description="For type enum.")] = ()
    pattern: Annotated[Text, Field(description="Regular expression, matched as a whole.")] = ""


class Limit(Shape):
    """The most objects of one kind that a plan may touch; both limits hold."""

    count: Count
    percent: Annotated[int, Field(strict=True, ge=1, le=100)]


class Guardrails(Shape):
    max_objects: Annotated[
        dict[str, Limit], Field(description="By kind of object, such as aws.asg.")
    ] = {}  # pydantic copies it


class ApproveShape(Shape):
    """A person has to agree before the step starts."""

    by: ApproveBy = ApproveBy.SELF
    reason: Literal["required", "optional"] = "optional"


class Question(Shape):
    """What steps and stages of the way back have in common: exactly one of these does the work."""

    id: StepId | None = None
    why: Text = ""
    uses: Annotated[Text | None, Field(description="An action: it changes something.")] = None
    check: Annotated[Text | None, Field(description="A check: it has to hold.")] = None
    gate: Annotated[Text | None, Field(description="What a person is asked.")] = None
    params: Annotated[dict[str, JsonValue], Field(alias="with")] = {}  # as above
    wait: Annotated[Duration | None, Field(description="How long a check may take to hold.")] = None
    approve: ApproveShape | None = None


def _exactly_one(*kinds: str) -> ConfigDict:
    """For the schema only: the loader says it with a place and a hint."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in kinds]})


class StepShape(Question):
    model_config = _exactly_one("uses", "check", "gate", "notify")

    uses: Annotated[
        Text | None, Field(description="An action, or another runbook: `runbook/NAME`.")
    ] = None
    notify: Annotated[
        Text | None, Field(description="What people are told; `with` has to whom, and a title.")
    ] = None
    when: Annotated[
        Text, Field(description="A CEL expression; the step is skipped if it is false.")
    ] = ""
    needs: Annotated[
        tuple[StepName, ...] | None,
        Field(description="Earlier steps whose effect has to be seen first."),
    ] = None
    on_failure: Annotated[
        OnFailure | None, Field(description="Default: stop; continue for notify.")
    ] = None
    empty: Annotated[
        OnEmpty | None, Field(description="If nothing is selected. Default: warn, late steps ok.")
    ] = None
    select: Annotated[
        Literal["late"] | None, Field(description="Select again when the step starts.")
    ] = None
    bound: Annotated[Count | None, Field(description="The most objects a late step may touch.")] = (
        None
    )
    keep: Annotated[
        StrictBool, Field(description="`sopctl watch` goes on applying it to new resources.")
    ] = False


class ReturnShape(Question):
    model_config = _exactly_one("restore", "check", "gate", "uses")

    restore: Annotated[tuple[StepName, ...] | None, Field(min_length=1)] = None
    canary: Annotated[
        Count | None, Field(description="Restore that many objects first, then the rest.")
    ] = None
    when: Annotated[
        Text, Field(description="A CEL expression; what is not a restore is skipped if false.")
    ] = ""
    bound: Annotated[Count | None, Field(description="The most objects an action may touch.")] = (
        None
    )


class RunbookShape(Shape):
    """A sopctl runbook."""

    api_version: Annotated[Literal["sopctl/v1"], Field(alias="apiVersion")]
    kind: Literal["Runbook"]
    metadata: Metadata
    description: Annotated[Text, Field(description="The procedure, in Markdown.")] = ""
    parameters: dict[Annotated[str, Field(pattern=PARAMETER_NAME)], ParameterShape] = {}  # as above
    guardrails: Guardrails = Guardrails()
    revert_within: Annotated[
        Duration | None, Field(description="A mitigation is temporary: how long it may last.")
    ] = None
    before: Annotated[
        tuple[StepShape, ...], Field(description="What has to hold before the first change.")
    ] = ()
    steps: Annotated[tuple[StepShape, ...], Field(min_length=1)]
    after: Annotated[
        tuple[StepShape, ...], Field(description="What has to hold after the last change.")
    ] = ()
    way_back: Annotated[
        tuple[ReturnShape, ...],
        Field(alias="return", description="The staged way back; default: newest first."),
    ] = ()
