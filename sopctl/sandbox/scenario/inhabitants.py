"""The shape of a world: its groups and workloads. Frozen values once they are read."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from sopctl.notation.shape import NAME, Count, Text

ZONE = r"^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$"
LABEL = r"^[A-Za-z0-9]([A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?$"
TAINT = r"^[A-Za-z0-9._/-]+(=[A-Za-z0-9._-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$"
VERSION = r"^1\.(29|3[0-9])$"

# How pods are spread. Every style but "none" and "soft" holds the zone constraint that has to be
# relaxed when a zone fails.
Style: TypeAlias = Literal[
    "none",  # nothing said: the scheduler's own defaults
    "zone",  # DoNotSchedule, maxSkew 1
    "domains",  # the same with minDomains, as many as the world has zones
    "host",  # zone, and softly one to a node
    "hosts",  # zone, and never two more on one node than on another
    "soft",  # ScheduleAnyway only
    "both",  # a hard and a soft constraint on the same key
    "honor",  # zone with nodeTaintsPolicy: Honor, which a cordoned zone leaves
    "revision",  # zone, each revision for itself (matchLabelKeys)
    "purchase",  # zone, and evenly over spot and on-demand
]
Budget: TypeAlias = Literal["none", "one", "quarter", "half", "all-but-one", "always"]
# "absent": no behavior; "up": behavior without scaleDown; the rest: scaleDown.selectPolicy.
Scaling: TypeAlias = Literal["none", "absent", "up", "Max", "Min", "Disabled"]

Name: TypeAlias = Annotated[Text, Field(pattern=NAME)]
ZoneName: TypeAlias = Annotated[Text, Field(pattern=ZONE)]
LabelKey: TypeAlias = Annotated[str, Field(pattern=LABEL)]
Taint: TypeAlias = Annotated[Text, Field(pattern=TAINT)]
Amount: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Rate: TypeAlias = Annotated[float, Field(ge=0, le=1000)]
Percent: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=100)]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(Shape):
    """An Auto Scaling group; its desired instances are nodes when the world begins."""

    name: Name
    zones: Annotated[tuple[ZoneName, ...], Field(min_length=1)]
    min: Amount = 0
    max: Amount
    desired: Amount
    types: Annotated[
        tuple[Text, ...], Field(min_length=1, description="EC2 instance types, the first first.")
    ] = ("m5.xlarge",)
    spot: Annotated[
        StrictBool, Field(description="Buy spot above `on_demand_base`, by a mixed policy.")
    ] = False
    managed: Annotated[
        StrictBool, Field(description="A managed node group of EKS, with a group behind it.")
    ] = False
    on_demand_base: Amount = 0
    on_demand_percent: Percent = 0
    labels: Annotated[
        dict[LabelKey, Text], Field(description="Labels of its nodes, by node-template tags.")
    ] = Field(default_factory=dict)
    taints: Annotated[
        tuple[Taint, ...], Field(description="Taints of its nodes, such as a=b:NoSchedule.")
    ] = ()
    discovered: Annotated[
        StrictBool, Field(description="Whether it has the autoscaler's discovery tag.")
    ] = True
    discovery_value: Annotated[Text, Field(description="The value of that tag.")] = "true"
    discovery_propagates: Annotated[
        StrictBool, Field(description="Whether that tag goes to its instances.")
    ] = True
    tags: Annotated[dict[str, Text], Field(description="More tags; not propagated.")] = Field(
        default_factory=dict
    )


class Balancer(Shape):
    """A load balancer of the cluster, in all zones of the world."""

    name: Name
    kind: Literal["application", "network"] = "application"
    zonal_shift: Annotated[
        StrictBool, Field(description="Whether ARC may shift it away from a zone.")
    ] = True


class NodePool(Shape):
    """A NodePool of Karpenter; with one, Karpenter is installed and launches what pods need."""

    name: Name
    buys: Annotated[
        tuple[Literal["spot", "on-demand"], ...],
        Field(min_length=1, description="Capacity types that it may launch."),
    ] = ("on-demand",)
    types: Annotated[tuple[Text, ...], Field(min_length=1, description="EC2 instance types.")] = (
        "m5.xlarge",
    )
    zones: Annotated[
        tuple[ZoneName, ...], Field(description="Only in these; default: in all.")
    ] = ()
    labels: Annotated[dict[LabelKey, Text], Field(description="Labels of its nodes.")] = Field(
        default_factory=dict
    )
    weight: Annotated[Percent, Field(description="The heaviest is asked first.")] = 0
    cpus: Annotated[Amount | None, Field(description="Its limit; default: none.")] = None
    budget: Annotated[
        Text, Field(description="Nodes that may be disrupted at a time, such as 10% or 0.")
    ] = "10%"
    consolidate_after: Annotated[
        Text, Field(description="How long a node stays empty before it goes; Never.")
    ] = "1m"


class Workload(Shape):
    """What runs: a workload with its Service, budget and autoscaler."""

    name: Name
    kind: Literal["Deployment", "StatefulSet", "Job"] = "Deployment"
    replicas: Count
    cpu: Annotated[Count, Field(description="Millicores that a pod asks for.")]
    memory: Annotated[
        Count | None, Field(description="MiB that a pod asks for; default: twice its millicores.")
    ] = None
    spread: Annotated[Style, Field(description="How its pods are spread over zones and nodes.")] = (
        "zone"
    )
    budget: Annotated[Budget, Field(description="Its PodDisruptionBudget.")] = "one"
    scaling: Annotated[
        Scaling, Field(description="Its HorizontalPodAutoscaler: none, or what it says of pace.")
    ] = "none"
    nodes: Annotated[
        dict[LabelKey, Text], Field(description="Labels that its nodes must have.")
    ] = Field(default_factory=dict)
    tolerates: Annotated[tuple[Taint, ...], Field(description="Taints that it tolerates.")] = ()

    rps: Annotated[
        Amount, Field(description="Requests a second that arrive from outside the cluster.")
    ] = 0
    balancer: Annotated[
        Name | None, Field(description="The load balancer that its requests come through.")
    ] = None
    pod_rps: Annotated[
        Count | None, Field(description="What one of its pods can serve; only with traffic.")
    ] = None
    calls: Annotated[
        dict[str, Rate],
        Field(description="Whom it calls, as name or namespace/name, for each request served."),
    ] = Field(default_factory=dict)

    @property
    def mebibytes(self) -> int:
        return 2 * self.cpu if self.memory is None else self.memory


class Autoscaler(Shape):
    """The cluster autoscaler, as its Helm chart installs it."""

    replicas: Count = 2
    flags: Annotated[
        tuple[Text, ...], Field(description="Flags besides those of provider and discovery.")
    ] = (
        "--balance-similar-node-groups",
        "--expander=least-waste",
        "--skip-nodes-with-local-storage=false",
        "--skip-nodes-with-system-pods=false",
    )
    priorities: Annotated[
        dict[Annotated[str, Field(pattern=r"^[0-9]{1,5}$")], tuple[Text, ...]],
        Field(description="Of its priority expander: patterns of groups' names by priority."),
    ] = Field(default_factory=dict)


class WorldShape(Shape):
    """The world before anything happens: settled, every pod Ready."""

    version: Annotated[Text, Field(pattern=VERSION, description="Of Kubernetes.")] = "1.36"
    zones: Annotated[tuple[ZoneName, ...], Field(min_length=1)]
    autoscaler: Autoscaler = Autoscaler()
    groups: Annotated[
        tuple[Group, ...], Field(description="None only where Karpenter launches every node.")
    ] = ()
    nodepools: tuple[NodePool, ...] = ()
    auto_mode: Annotated[
        StrictBool,
        Field(description="EKS Auto Mode: EKS runs Karpenter, and there is no autoscaler."),
    ] = False
    termination_handler: Annotated[
        Literal["none", "nodes", "queue"],
        Field(description="Who drains interrupted nodes: a daemon on each, or one with a queue."),
    ] = "none"
    headroom: Annotated[
        Literal["none", "pause", "proportional"],
        Field(description="Pause pods in each zone; as many as a proportional autoscaler says."),
    ] = "none"
    admission: Annotated[
        tuple[Literal["kyverno", "webhook"], ...],
        Field(description="Who decides spread at admission: Kyverno, a webhook of one's own."),
    ] = ()
    balancers: tuple[Balancer, ...] = ()
    throttled: Annotated[
        StrictBool, Field(description="Whether AWS throttles calls as it documents.")
    ] = False
    zonal_shift: Annotated[
        StrictBool, Field(description="Whether ARC may shift the EKS cluster itself.")
    ] = False
    workloads: Annotated[
        dict[Annotated[str, Field(pattern=NAME)], tuple[Workload, ...]],
        Field(description="By namespace."),
    ] = Field(default_factory=dict)
