"""The shape of a scenario file: a world, a timeline of faults, what is measured, and the drill.

Shape only: what depends on several fields at once is in ``sopctl.sandbox.scenario.rules``. The
JSON Schema for editors is generated from these classes.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, JsonValue, StrictBool
from pydantic.config import JsonDict

from sopctl.notation import duration
from sopctl.notation.shape import Count, Duration, Text
from sopctl.sandbox.scenario.inhabitants import (
    Amount,
    Name,
    Percent,
    Shape,
    WorldShape,
    ZoneName,
)


class Metadata(Shape):
    name: Annotated[Name, Field(description="The file's name without .yaml.")]
    title: Annotated[Text, Field(description="What happens, in one line.")]


class ZoneOutage(Shape):
    """A zone fails: its nodes fall silent, and nothing launches there."""

    zone: ZoneName


class GrayFailure(Shape):
    """A zone half fails: its nodes stay Ready, and nothing launches there."""

    zone: ZoneName


class NodeSilence(Shape):
    """Kubelets hang while EC2 finds their instances healthy."""

    group: Name
    count: Count = 1


class SpotSurge(Shape):
    """Spot instances are reclaimed everywhere at once, in waves, and launched ones soon again."""

    zones: Annotated[
        tuple[ZoneName, ...], Field(description="Where; default: in all zones of the world.")
    ] = ()
    percent: Annotated[Percent, Field(description="Of the running spot instances, each wave.")] = 30
    every: Annotated[Duration, Field(description="From one wave to the next.")] = "5m"
    lasts: Duration


Answer = Literal[
    "throttle",
    "unavailable",
    "slow",
    "drip",
    "silence",
    "reset",
    "lost_reply",
    "failed_reply",
    "stale",
    "expired",
    "denied",
    "conflict",
    "invalid",
]


class Brownout(Shape):
    """A control plane answers badly to its clients."""

    api: Literal["aws", "kubernetes"]
    calls: Annotated[
        Text,
        Field(
            description="aws: `service:Operation` with `*`, such as autoscaling:Describe*; "
            "kubernetes: a regular expression found in the path."
        ),
    ] = "*"
    answer: Annotated[
        Answer,
        Field(
            description="What happens to such a call. It is carried out where the answer is slow, "
            "comes in drops (drip), is lost (lost_reply) or says 500 all the same (failed_reply); "
            "conflict and invalid are answers to writes; "
            "stale: reads show what they showed when it began."
        ),
    ] = "throttle"
    percent: Annotated[Percent, Field(description="Of the calls.")] = 50
    seconds: Annotated[
        Amount, Field(description="For slow and drip: how long it takes, in real seconds.")
    ] = 2
    lasts: Duration


class Drought(Shape):
    """Zones run out of capacity: so many more instances can be launched in each, then none."""

    zones: Annotated[tuple[ZoneName, ...], Field(min_length=1)]
    more: Annotated[Amount, Field(description="Instances that each zone still takes.")] = 0
    lasts: Duration


class Autoshift(Shape):
    """AWS itself moves traffic away from a zone: the cluster's, where ARC may shift it."""

    zone: ZoneName
    lasts: Duration


class Quota(Shape):
    """Service Quotas leaves so many vCPUs to a market; what runs stays."""

    market: Literal["spot", "on-demand"]
    vcpus: Amount
    lasts: Duration


class Traffic(Shape):
    """From now on, so much of the stated requests comes from outside."""

    percent: Annotated[
        Amount, Field(description="100 is what the workloads state; 40 is less than half of it.")
    ]
    workloads: Annotated[
        tuple[Text, ...], Field(description="Only to these, as namespace/name; default: to all.")
    ] = ()


class Heal(Shape):
    """A zone comes back."""

    zone: ZoneName


FAULTS: Final = (
    "zone_outage",
    "gray_failure",
    "node_silence",
    "spot_surge",
    "brownout",
    "drought",
    "autoshift",
    "quota",
    "traffic",
    "heal",
)


class Event(Shape):
    """Something that happens once, so long after the timeline began."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [f]} for f in FAULTS]})

    at: Duration
    zone_outage: ZoneOutage | None = None
    gray_failure: GrayFailure | None = None
    node_silence: NodeSilence | None = None
    spot_surge: SpotSurge | None = None
    brownout: Brownout | None = None
    drought: Drought | None = None
    autoshift: Autoshift | None = None
    quota: Quota | None = None
    traffic: Traffic | None = None
    heal: Heal | None = None

    @property
    def kind(self) -> str:
        """Which of FAULTS it is."""
        return next(name for name in FAULTS if getattr(self, name) is not None)

    @property
    def seconds(self) -> int:
        """When, after the timeline began."""
        return duration.seconds(self.at)


class Measure(Shape):
    """What is measured: a sample every so often, for so long."""

    every: Duration = "30s"
    lasts: Annotated[Duration, Field(description="From the start of the timeline.")] = "1h"


class DrillShape(Shape):
    """Which runbook is drilled here, and when the engineer acts."""

    runbook: Name
    params: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")], JsonValue],
        Field(description="Its parameters."),
    ] = Field(default_factory=dict)
    prepare: Annotated[
        tuple[Name, ...], Field(description="Runbooks to run before anything happens.")
    ] = ()
    usual: Annotated[
        StrictBool, Field(description="Whether it is taken for the runbook if none is named.")
    ] = False
    begins: Annotated[
        Duration, Field(description="When the run begins, after the timeline did.")
    ] = "5m"
    rolls_back: Annotated[
        Duration | None,
        Field(description="When it is rolled back; default: halfway from the last heal to the end"),
    ] = None


def _world_or_like(schema: JsonDict) -> None:
    """In a file, one of the two; the loader puts the other's world in its place."""
    schema["required"] = ["apiVersion", "kind", "metadata"]
    schema["oneOf"] = [{"required": ["world"]}, {"required": ["like"]}]


class Scenario(Shape):
    """A sopctl scenario."""

    model_config = ConfigDict(json_schema_extra=_world_or_like)

    api_version: Annotated[Literal["sopctl/v1"], Field(alias="apiVersion")]
    kind: Literal["Scenario"]
    metadata: Metadata
    description: Annotated[Text, Field(description="What it shows, in Markdown.")] = ""
    like: Annotated[
        Name | None, Field(description="Instead of world: the world of this packaged scenario.")
    ] = None
    world: WorldShape
    timeline: tuple[Event, ...] = ()
    measure: Measure = Measure()
    drill: DrillShape | None = None

    @property
    def name(self) -> str:
        return self.metadata.name
