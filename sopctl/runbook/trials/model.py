"""The shape of a file of runbook tests. The JSON Schema for editors is generated from it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, JsonValue, StrictBool

from sopctl.core.plan import Fidelity
from sopctl.notation.shape import NAME, Duration, Text
from sopctl.runbook.model import Shape, StepName

TITLE: Final = "Tests of a sopctl runbook"
CASE = r"^[a-z0-9][a-z0-9-]{0,63}$"
RESOURCE = r"^[a-z][a-z0-9.-]{0,62}$"
Whole: TypeAlias = Annotated[int, Field(strict=True, ge=0)]
_NONE: Final[dict[str, Any]] = {}  # a default; pydantic copies it

OutcomeName: TypeAlias = Literal[
    "applied", "unchanged", "skipped", "held", "answered", "told", "not-told",
    "stale", "failed", "pending-retry", "conflict", "declined",
]  # fmt: skip
"""The values of ``engine.state.Outcome``, which is on the same floor."""

Labels: TypeAlias = Annotated[dict[str, Text], Field(description="Labels that it must have.")]


class TagShape(Shape):
    """A tag of an Auto Scaling group."""

    value: Text = ""
    propagate: StrictBool = False


class GroupShape(Shape):
    """An Auto Scaling group; one of the same name is replaced."""

    name: Text
    zones: Annotated[tuple[Text, ...], Field(min_length=1, description="Names, or a, b, c.")]
    min: Whole = 0
    max: Whole = 4
    desired: Whole = 1
    instance_types: tuple[Text, ...] = ("m5.xlarge",)
    spot: StrictBool = False
    autoscaled: Annotated[
        StrictBool, Field(description="Has the tags by which the autoscaler discovers groups.")
    ] = True
    tags: dict[str, TagShape] = _NONE


class EarlierShape(Shape):
    """A run that has ended before the test begins."""

    runbook: Annotated[Text, Field(pattern=NAME)]
    parameters: dict[str, JsonValue] = _NONE


class ZoneShape(Shape):
    """A zone that has failed."""

    zone: Text
    gray: Annotated[StrictBool, Field(description="Nodes stay ready; only launches fail.")] = False


class AwsFaultShape(Shape):
    """What happens to calls of AWS that match."""

    kind: Literal["throttle", "error", "reset", "lost_reply", "dead"]
    service: Annotated[Text, Field(description="A shell pattern, such as autoscaling.")] = "*"
    operation: Annotated[Text, Field(description="A shell pattern, such as Describe*.")] = "*"
    value: Annotated[Text, Field(description="For error: its code, such as AccessDenied.")] = ""
    count: Annotated[int, Field(strict=True, ge=1)] | None = None


class KubernetesFaultShape(Shape):
    """What happens to requests of the Kubernetes API that match."""

    kind: Literal["status", "reset", "lost_reply"]
    method: Text = "*"
    path: Annotated[Text, Field(description="A regular expression, searched in the path.")] = ""
    value: Annotated[int, Field(strict=True, description="For status: HTTP's.")] = 503
    count: Annotated[int, Field(strict=True, ge=1)] | None = None


class FaultsShape(Shape):
    aws: tuple[AwsFaultShape, ...] = ()
    kubernetes: tuple[KubernetesFaultShape, ...] = ()


class GivenShape(Shape):
    """The world before the run."""

    world: Annotated[
        Literal["small", "sandbox"],
        Field(description="A handful of nodes, or all that `sopctl sandbox` has."),
    ] = "small"
    groups: tuple[GroupShape, ...] = ()
    objects: Annotated[
        tuple[dict[str, JsonValue], ...],
        Field(description="Kubernetes manifests; one of the same name is replaced."),
    ] = ()
    without: Annotated[
        tuple[Text, ...],
        Field(description="What is not there: group/NAME or RESOURCE/[NAMESPACE/]NAME."),
    ] = ()
    runs: Annotated[tuple[EarlierShape, ...], Field(description="Runs before this one.")] = ()
    failed: Annotated[tuple[ZoneShape, ...], Field(description="Zones that have failed.")] = ()
    after: Annotated[Duration, Field(description="How long the world then goes on.")] = "2m"
    faults: Annotated[FaultsShape, Field(description="In force while it runs.")] = FaultsShape()


class RunShape(Shape):
    """How the runbook is run."""

    parameters: dict[str, JsonValue] = _NONE
    answers: Annotated[
        dict[StepName, Text], Field(description="What a person answers at a gate or an approval.")
    ] = _NONE
    consent: Annotated[tuple[StepName, ...], Field(description="Steps that are agreed to.")] = ()
    max_objects: Annotated[int, Field(strict=True, ge=1)] | None = None


class PlanStepShape(Shape):
    """What the plan says of one step; only what is named is compared."""

    changes: Whole | None = None
    resources: Annotated[
        tuple[Text, ...] | None,
        Field(description="The names of what changes, all of them; shell patterns."),
    ] = None
    fidelity: Fidelity | None = None
    skipped: StrictBool | None = None
    notes: Annotated[tuple[Text, ...], Field(description="Texts that its notes contain.")] = ()


class PlanShape(Shape):
    """What the plan says; only what is named is compared."""

    changes: Whole | None = None
    steps: dict[StepName, PlanStepShape] = _NONE
    warnings: Annotated[
        tuple[Text, ...] | None,
        Field(description="Texts, one for each warning; an empty list: no warning at all."),
    ] = None


class StateShape(Shape):
    """What is true of objects or groups afterwards: of all that are meant, and of one at least.

    Exactly one of equals, absent and contains; or only count.
    """

    objects: Annotated[
        Text | None, Field(pattern=RESOURCE, description="A resource, such as nodes.")
    ] = None
    groups: Annotated[Text | None, Field(description="Groups, by a shell pattern.")] = None
    name: Annotated[Text, Field(description="A shell pattern.")] = "*"
    namespace: Text | None = None
    labels: Labels = _NONE
    path: Annotated[
        Text, Field(description="Such as spec.taints[0].key or metadata.labels[a.b/c].")
    ] = ""
    equals: JsonValue = None
    absent: StrictBool = False
    contains: Text | None = None
    count: Whole | None = None


class BackShape(Shape):
    """The roll back: failed zones are healed and faults are over before it begins."""

    exit: Annotated[int, Field(strict=True, ge=0, le=125)] = 0
    exact: Annotated[
        StrictBool, Field(description="Everything that people write is as it was before.")
    ] = True
    after: Annotated[Duration, Field(description="How long after the zones are healed.")] = "5m"


class ExpectShape(Shape):
    """What has to come of it; only what is named is compared."""

    exit: Annotated[
        int, Field(strict=True, ge=0, le=125, description="The exit code of `sopctl run`.")
    ] = 0
    says: Annotated[tuple[Text, ...], Field(description="Texts that it prints.")] = ()
    plan: PlanShape = PlanShape()
    outcome: Annotated[
        Text | None, Field(description="How the run ended (done, partial, ...), or parked.")
    ] = None
    steps: dict[StepName, OutcomeName] = _NONE
    state: tuple[StateShape, ...] = ()
    rollback: BackShape | None = BackShape()


class WithoutShape(Shape):
    """What is not proved of this test, each with the reason why."""

    dry_run: Text = ""
    idempotence: Text = ""
    rollback: Text = ""
    faults: Text = ""


class CaseShape(Shape):
    name: Annotated[Text, Field(pattern=CASE)]
    why: Annotated[Text, Field(description="What it shows, in a sentence.")] = ""
    given: GivenShape = GivenShape()
    run: RunShape = RunShape()
    expect: ExpectShape = ExpectShape()
    unproved: WithoutShape = WithoutShape()


class TrialFileShape(Shape):
    """Tests of a sopctl runbook."""

    api_version: Annotated[Literal["sopctl/v1"], Field(alias="apiVersion")]
    kind: Literal["RunbookTest"]
    runbook: Annotated[Text, Field(pattern=NAME, description="The runbook that is tested.")]
    tests: Annotated[tuple[CaseShape, ...], Field(min_length=1)]
