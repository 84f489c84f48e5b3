"""Pictures to draw: a large cluster while a zone is gone, and a small one with everything odd."""

from __future__ import annotations

from sopctl.core.overview import (
    Away,
    Discovery,
    Gap,
    GroupNow,
    Held,
    Leaving,
    NodeNow,
    Overview,
    PodNow,
    PodState,
    Waiting,
    ZoneNow,
)

AT = "2026-11-01T03:10:00.000000Z"
RUN = "01M80A9P2VVZN6VNCB0Z00GKYB"
ZONES = (
    ZoneNow(name="us-east-1a", id="use1-az6", state="available"),
    ZoneNow(name="us-east-1b", id="use1-az1", state="available"),
    ZoneNow(name="us-east-1c", id="use1-az2", state="available"),
)
TARGET = {
    "name": "prod",
    "labels": {"env": "prod"},
    "account": "111122223333",
    "region": "us-east-1",
    "cluster_uid": "0bc9c916-6a0c-4a53-9d3c-3b6f3f0b6a55",
}
HELD = Held(
    run=RUN,
    runbook="az-failure",
    state="in place",
    who="kim@laptop",
    age=1500.0,
    due=41700.0,
    incident="INC-42",
    steps=(("freeze-pods", 20), ("cordon", 134), ("remove-groups", 3)),
)
SPREAD = "didn't match pod topology spread constraints"
WAITING = Waiting(
    reasons=("had untolerated taint {node.kubernetes.io/unreachable: }", SPREAD),
    pods=12,
    owners=(("shop/web", 9), ("shop/cart", 3)),
)
AWAY = Away(
    zone="use1-az6",
    resources=("cluster prod", "load balancer shop"),
    until="2026-11-01T06:05:00Z",
    left=10500.0,
    comment=f"sopctl run={RUN}",
)


def pods(ready=0, unready=0, leaving=0):
    states = [PodState.READY] * ready + [PodState.NOT_READY] * unready
    states += [PodState.LEAVING] * leaving
    return tuple(PodNow(name=f"shop/web-{n}", state=state) for n, state in enumerate(states))


def node(name, zone="us-east-1a", **more):
    given = {"group": "web", "capacity": "on-demand", "ready": True, "full": 0.5, **more}
    return NodeNow(name=name, zone=zone, **given)


def group(name, zone="us-east-1a", **more):
    given = {
        "title": name,
        "buys": "on-demand",
        "zones": (zone,),
        "min": 0,
        "max": 60,
        "desired": 0,
        "discovery": Discovery.SCALED,
        **more,
    }
    return GroupNow(name=name, **given)


def large(nodes=400):
    """*nodes* over three zones in four groups each; the first zone is down and cordoned."""
    found, groups = [], []
    kinds = (("api", "on-demand"), ("batch", "spot"), ("infra", "on-demand"), ("web", "spot"))
    for number in range(nodes):
        zone = ZONES[number % 3]
        name, capacity = kinds[number // 3 % 4]
        dead = number % 3 == 0
        found.append(
            node(
                f"ip-10-0-{number // 200}-{number % 200}.ec2.internal",
                zone.name,
                group=f"{name}-{zone.name[-1]}",
                capacity=capacity,
                ready=not dead,
                cordoned=dead,
                kept=True,
                full=number % 11 / 10,
                pods=pods(0 if dead else 8, 8 if dead else number % 97 // 96),
            )
        )
    for zone in ZONES:
        out = zone is ZONES[0]
        for name, capacity in kinds:
            title = f"{name}-{zone.name[-1]}"
            groups.append(
                group(
                    title,
                    zone.name,
                    buys=capacity,
                    desired=sum(each.group == title for each in found),
                    discovery=Discovery.TAKEN_OUT if out else Discovery.SCALED,
                    run=RUN if out else "",
                )
            )
    return Overview(
        target=TARGET,
        at=AT,
        zones=ZONES,
        groups=tuple(groups),
        nodes=tuple(found),
        waiting=(WAITING,),
        away=(AWAY,),
        held=(HELD,),
    )


def odd():
    """A little of everything that can be seen, and names that mean harm."""
    nodes = (
        node("n1", group="web", pods=pods(3)),
        node("n2", group="web", capacity="spot", kept=True, pods=pods(1, 2, 1)),
        node("n3", group="web", ready=False, cordoned=True, pods=pods(0, 2)),
        node("n4", "us-east-1b", group="web", leaving=Leaving.INTERRUPTED, pods=pods(40, 1)),
        node("n5", "us-east-1b", group="evil\x1b[31m\u202e", leaving=Leaving.REMOVED),
        node("n6", "", group="", capacity="", cordoned=True),
    )
    groups = (
        group("web", zones=("us-east-1a", "us-east-1b"), buys="mixed", desired=6, max=9),
        group("evil\x1b[31m\u202e", "us-east-1b", discovery=Discovery.OUTSIDE, desired=1),
        group("empty", "us-east-1b", buys="spot", desired=2, suspended=("Launch",)),
        group("slow", "us-east-1b", desired=3, coming={"us-east-1b": 3}, max=5),
        group("away", discovery=Discovery.UNKNOWN),
    )
    return Overview(
        target={"name": "east"},
        at=AT,
        zones=(*ZONES[:1], ZoneNow(name="us-east-1b", id="use1-az1", state="impaired")),
        groups=groups,
        nodes=nodes,
        held=(
            Held(
                run=RUN,
                runbook="az-failure",
                state="parked",
                who="kim@laptop",
                age=60.0,
                due=-120.0,
                waits="gate: Evict the pods?",
            ),
        ),
        away=(
            Away(zone="use1-az1", resources=("cluster east",), comment="zonal autoshift by AWS"),
        ),
        gaps=(
            Gap(what=("groups", "zones"), why="ec2 does not answer", since=AT),
            Gap(what=("zonal shifts",), why="zonal shifts may not be listed"),
        ),
    )
