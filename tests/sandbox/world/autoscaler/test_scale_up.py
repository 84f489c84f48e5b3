"""The choice of a group, on imagined groups and an imagined cluster."""

from __future__ import annotations

from datetime import timedelta

from sopctl.sandbox.aws.fleet import LABEL_TAG, TAINT_TAG, Group
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.autoscaler.expander import waste
from sopctl.sandbox.world.autoscaler.scale_up import MAX_REACHED, Plan, offer, plan, still_waiting
from sopctl.sandbox.world.autoscaler.template import alike, template
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Subject, place, subject
from tests.fakes.workloads import node, pod, pod_spec, spread

A, B = "us-east-1a", "us-east-1b"


def group(name: str, zone: str = A, kind: str = "m5.xlarge", **fields: object) -> NodeGroup:
    tags = {key: (str(value), False) for key, value in fields.items() if "/" in key}
    made = Group(
        name=name,
        zones=(zone,),
        subnets=(),
        min=0,
        max=5,
        desired=1,
        tags=tags,
        suspended=frozenset(),
        instances=(),
        mixed=False,
        spot=name.startswith("spot"),
        instance_types=(kind,),
    )
    hour = timedelta(hours=1)
    return NodeGroup(
        group=made,
        min=0,
        max=5,
        target=int(str(fields.get("target", 1))),
        unneeded_time=hour,
        unready_time=hour,
        utilization=0.5,
        provision_time=hour,
        zone=zone,
    )


def waiting(count: int, spec: Obj | None = None, app: str = "web") -> list[Subject]:
    found = []
    for number in range(count):
        made = pod(f"{app}{number}", spec or pod_spec("1500m"), app=app)
        made["metadata"]["uid"] = f"uid-{app}{number}"
        made["metadata"]["ownerReferences"] = [{"uid": app, "controller": True}]
        found.append(subject(made))
    return found


def chosen(
    pods: list[Subject],
    *groups: NodeGroup,
    snapshot: Snapshot | None = None,
    blocked: dict[str, str] | None = None,
    balance: bool = False,
) -> Plan:
    offered = offer(
        pods,
        groups,
        snapshot or Snapshot([]),
        lambda each, name: template(each, name, []),
        blocked or {},
    )
    best = min(offered.options, key=waste, default=None)
    return plan(pods, offered, best, frozenset() if balance else None)


def sizes(found: Plan) -> dict[str, int]:
    return {each.group.name: each.size for each in found.increases}


def test_the_group_that_wastes_least_is_raised_by_what_is_needed():
    large = group("large", kind="m5.2xlarge")
    small = group("small", kind="m5.xlarge")

    assert sizes(chosen(waiting(2), large, small)) == {"small": 2}
    assert sizes(chosen(waiting(5), small)) == {"small": 4}


def test_a_group_at_its_maximum_helps_nobody():
    found = chosen(waiting(1), group("full", target=5))

    assert sizes(found) == {}
    assert dict(found.refusals["uid-web0"]) == {MAX_REACHED: 1}


def test_a_group_grows_only_to_its_maximum_and_the_rest_waits():
    found = chosen(waiting(10), group("almost", target=3))

    assert sizes(found) == {"almost": 5}
    assert len(found.helped) == 4
    assert len(found.unhelped) == 6


def test_a_blocked_group_takes_no_part():
    found = chosen(waiting(1), group("one"), group("two"), blocked={"one": "in backoff"})

    assert sizes(found) == {"two": 2}
    assert dict(found.refusals["uid-web0"]) == {"in backoff": 1}


def test_taints_and_selectors_choose_the_group():
    dedicated = group(
        "batch", **{f"{TAINT_TAG}dedicated": "batch:NoSchedule", f"{LABEL_TAG}workload": "batch"}
    )
    common = group("common")
    spec = pod_spec(
        nodeSelector={"workload": "batch"},
        tolerations=[{"key": "dedicated", "operator": "Exists"}],
    )

    assert sizes(chosen(waiting(1), dedicated, common)) == {"common": 2}
    assert sizes(chosen(waiting(1, spec), dedicated, common)) == {"batch": 2}


def test_a_zonal_spread_lets_only_the_skew_fit_a_group():
    snapshot = Snapshot(
        Seat(place(node(zone, zone, cpu="1")), waiting(count, app="web"))
        for zone, count in ((A, 1), (B, 1), ("us-east-1c", 1))
    )
    spec = pod_spec("1500m", topologySpreadConstraints=[spread("web")])
    found = chosen(waiting(4, spec, "web"), group("in-a"), snapshot=snapshot)

    assert sizes(found) == {"in-a": 2}
    assert len(found.helped) == 1
    reasons = found.refusals[found.unhelped[0].uid]
    assert dict(reasons) == {"node(s) didn't match pod topology spread constraints": 1}


def test_alike_groups_share_the_growth_and_the_smallest_comes_first():
    groups = (group("in-a", A, target=1), group("in-b", B, target=3))

    assert sizes(chosen(waiting(8), *groups, balance=True)) == {"in-a": 4, "in-b": 4}
    assert sizes(chosen(waiting(8), *groups)) == {"in-a": 5}


def test_zone_and_purchase_do_not_tell_groups_apart_and_other_labels_do():
    spot = group("spot-b", B, **{f"{LABEL_TAG}lifecycle": "Ec2Spot"})
    demand = group("od-a", A, **{f"{LABEL_TAG}lifecycle": "OnDemand"})
    team = group("team", A, **{f"{LABEL_TAG}team": "x"})

    assert alike(spot, demand)
    assert not alike(demand, team)
    assert not alike(demand, group("large", kind="m5.2xlarge"))


def test_pods_that_fit_what_is_there_do_not_wait():
    snapshot = Snapshot([Seat(place(node("one")))])  # four CPUs
    left = still_waiting(waiting(3), snapshot)

    assert [each.name for each in left] == ["web2"]
