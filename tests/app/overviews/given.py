"""Facts to fold, made with as little as matters."""

from __future__ import annotations

from decimal import Decimal

from sopctl.facts.autoscaler import Autoscaler, DiscoveryTag
from sopctl.facts.groups import Group, Member, Tag
from sopctl.facts.objects.meta import Owner
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Place, Pod

ENABLED = "k8s.io/cluster-autoscaler/enabled"
SCALER = Autoscaler(
    namespace="kube-system",
    name="cluster-autoscaler",
    version="1.36",
    discovery=(DiscoveryTag(key=ENABLED),),
    discovery_keys=(ENABLED,),
)


def node(name, *, zone="us-east-1a", ready=True, unschedulable=False, **more):
    given = {"uid": f"uid-{name}", "version": "1", "instance": f"i-{name}", **more}
    return Node(name=name, zone=zone, ready=ready, unschedulable=unschedulable, **given)


def pod(name, *, on="", ready=True, waits="", kind="ReplicaSet", of="web-7d9", cpu="0", **more):
    given = {
        "phase": "Running" if on else "Pending",
        "terminating": False,
        "owner": Owner(kind=kind, name=of, uid="u") if of else None,
        **more,
    }
    place = Place(
        selector={},
        tolerates=frozenset(),
        spread=(),
        requests={"cpu": Decimal(cpu), "pods": Decimal(1)},
    )
    return Pod(
        namespace="shop",
        name=name,
        uid=name,
        version="1",
        node=on,
        ready=ready,
        created=None,
        priority=0,
        mirror=False,
        empty_dir=False,
        waits=waits,
        place=place,
        **given,
    )


def group(name, *nodes, zones=("us-east-1a",), tags=None, **more):
    """A group with the instances of *nodes*, which the autoscaler discovers by its tags."""
    own = {ENABLED: "true"} if tags is None else tags
    members = tuple(member(f"i-{each}", zones[0]) for each in nodes)
    given = {"min": 0, "max": 10, "desired": len(nodes), "instances": members, **more}
    return Group(
        name=name,
        arn=f"arn:{name}",
        zones=zones,
        tags={key: Tag(value=value, propagate=True) for key, value in own.items()},
        **given,
    )


def member(instance, zone="us-east-1a", state="InService"):
    return Member(id=instance, zone=zone, state=state, health="Healthy")
