from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sopctl.actions.aws.zonal_shift import ACTION, Params, ShiftState
from sopctl.core.action import Change, Receipt, ReceiptKind
from sopctl.core.clock import parse_stamp, stamp
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.facts import eks, shifts
from sopctl.sandbox.aws.eks import CLUSTER
from sopctl.sandbox.aws.faults import FaultRule
from tests.fakes.balancers import aws
from tests.laws import prove, run
from tests.local import OWNED, Local

ZONE, AWAY, OTHER = "us-east-1a", "use1-az6", "use1-az1"
BALANCERS = Params(zone=ZONE)
TAG = {"Key": "elbv2.k8s.aws/cluster", "Value": CLUSTER}


def balancer(local: Local, name: str, *, tags: Any = (TAG,), enabled: bool = True) -> str:
    """A load balancer over all zones; its ARN."""
    subnets = aws(local, "ec2", "describe_subnets")["Subnets"]
    made = aws(
        local,
        "elbv2",
        "create_load_balancer",
        Name=name,
        Subnets=[each["SubnetId"] for each in subnets],
        **({"Tags": list(tags)} if tags else {}),
    )
    arn = str(made["LoadBalancers"][0]["LoadBalancerArn"])
    if enabled:
        aws(
            local,
            "elbv2",
            "modify_load_balancer_attributes",
            LoadBalancerArn=arn,
            Attributes=[{"Key": "zonal_shift.config.enabled", "Value": "true"}],
        )
    return arn


def start(local: Local, arn: str, away: str = AWAY, expires: str = "30m") -> None:
    aws(
        local,
        "arc-zonal-shift",
        "start_zonal_shift",
        resourceIdentifier=arn,
        awayFrom=away,
        expiresIn=expires,
        comment="by hand",
    )


def weights(local: Local, arn: str) -> Mapping[str, float]:
    return shifts.read(local.world.aws)[arn].weights


def shift(local: Local, params: Params = BALANCERS) -> dict[ResourceId, Receipt]:
    """Do forward what the action wants."""
    ids = ACTION.select(local.world, params).ids
    seen = ACTION.observe(local.world, params, ids)
    changes = [Change(i, seen[i], ACTION.desire(params, i, seen[i])) for i in ids]
    return run(ACTION, local.world, changes)


def seen(local: Local, params: Params = BALANCERS) -> tuple[ResourceId, Observed[ShiftState]]:
    (resource,) = ACTION.select(local.world, params).ids
    return resource, ACTION.observe(local.world, params, [resource])[resource]


def test_the_laws_hold_for_load_balancers(local: Local) -> None:
    arns = {balancer(local, "front"), balancer(local, "back")}
    proof = prove(ACTION, local, BALANCERS)
    assert {i.incarnation for i in proof.selection.ids} == arns
    assert {i.part for i in proof.selection.ids} == {AWAY}


def test_the_laws_hold_for_the_cluster(local: Local) -> None:
    aws(
        local,
        "eks",
        "update_cluster_config",
        name=CLUSTER,
        zonalShiftConfig={"enabled": True},
    )
    local.watch.sleep(40)
    local.cloud.tick()
    proof = prove(ACTION, local, Params(zone=AWAY, of=("cluster",)))
    assert [i.name for i in proof.selection.ids] == [CLUSTER]
    found = eks.read(local.world.aws, CLUSTER)
    assert found is not None
    assert found.zonal_shift


def test_the_zone_is_given_to_arc_by_id_and_the_comment_names_the_run(local: Local) -> None:
    arn = balancer(local, "front")
    assert {r.kind for r in shift(local).values()} == {ReceiptKind.DONE}
    assert weights(local, arn)[AWAY] == 0.0
    _, now = seen(local)
    assert isinstance(now.state, ShiftState)
    assert now.state.away_from == AWAY
    assert now.state.comment == "sopctl run=01LAWS"
    assert parse_stamp(now.state.until) - local.watch.now() == timedelta(hours=4)


def test_only_what_belongs_to_the_cluster_is_shifted(local: Local) -> None:
    balancer(local, "strangers", tags=({"Key": "elbv2.k8s.aws/cluster", "Value": "other"},))
    mine = balancer(local, "in-tree", tags=({"Key": f"kubernetes.io/cluster/{CLUSTER}"},))
    assert [i.incarnation for i in ACTION.select(local.world, BALANCERS).ids] == [mine]


def test_a_balancer_that_serves_a_group_of_the_cluster_belongs_to_it(local: Local) -> None:
    arn = balancer(local, "by-terraform", tags=())
    vpc = aws(local, "ec2", "describe_vpcs")["Vpcs"][0]["VpcId"]
    target = aws(
        local,
        "elbv2",
        "create_target_group",
        Name="web",
        Protocol="HTTP",
        Port=80,
        VpcId=vpc,
    )["TargetGroups"][0]["TargetGroupArn"]
    aws(
        local,
        "elbv2",
        "create_listener",
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
    )
    assert ACTION.select(local.world, BALANCERS).ids == ()
    aws(
        local,
        "autoscaling",
        "attach_load_balancer_target_groups",
        AutoScalingGroupName="web-a",
        TargetGroupARNs=[target],
    )
    world = local.connect()
    assert [i.incarnation for i in ACTION.select(world, BALANCERS).ids] == [arn]


def test_what_zonal_shift_is_not_enabled_for_is_noted(local: Local) -> None:
    balancer(local, "front", enabled=False)
    selection = ACTION.select(local.world, BALANCERS)
    assert selection.ids == ()
    assert selection.notes == ("front: left alone, because zonal shift is not enabled for it.",)


def test_a_shift_of_somebody_else_is_taken_as_it_is(local: Local) -> None:
    start(local, balancer(local, "front"))
    resource, now = seen(local)
    assert ACTION.desire(BALANCERS, resource, now) == now.state
    assert ACTION.satisfies(ShiftState(away_from=AWAY, until=""), now.state)


def test_a_shift_of_aws_itself_is_taken_as_it_is(local: Local) -> None:
    arn = balancer(local, "front")
    aws(
        local,
        "arc-zonal-shift",
        "update_zonal_autoshift_configuration",
        resourceIdentifier=arn,
        zonalAutoshiftStatus="ENABLED",
    )
    local.cloud.autoshift(ZONE)
    resource, now = seen(local)
    assert isinstance(now.state, ShiftState)
    assert now.state.comment == "zonal autoshift by AWS"
    assert ACTION.desire(BALANCERS, resource, now) == now.state
    assert ACTION.renew is not None
    assert ACTION.renew(BALANCERS, resource, now) is None


def test_what_is_shifted_away_from_another_zone_is_left_alone(local: Local) -> None:
    start(local, balancer(local, "front"), OTHER)
    selection = ACTION.select(local.world, BALANCERS)
    assert selection.ids == ()
    (note,) = selection.notes
    assert note.startswith(f"front: left alone, because it is shifted away from {OTHER} (by hand)")


def test_a_shift_that_somebody_started_instead_of_ours_is_not_ours(local: Local) -> None:
    arn = balancer(local, "front")
    shift(local)
    resource, ours = seen(local)
    aws(
        local,
        "arc-zonal-shift",
        "cancel_zonal_shift",
        zonalShiftId=str(ours.evidence["shift"]),
    )
    start(local, arn)
    assert not ACTION.satisfies(ours.state, seen(local)[1].state)
    back = [Change(resource, ours, ABSENT)]
    assert run(ACTION, local.world, back)[resource].kind is ReceiptKind.CONFLICT
    assert weights(local, arn)[AWAY] == 0.0


def test_a_shift_is_renewed_when_half_of_its_time_is_over(local: Local) -> None:
    balancer(local, "front")
    shift(local)
    local.watch.sleep(119 * 60)
    resource, now = seen(local)
    assert ACTION.renew is not None
    assert ACTION.renew(BALANCERS, resource, now) is None
    local.watch.sleep(2 * 60)
    resource, now = seen(local)
    longer = ACTION.renew(BALANCERS, resource, now)
    assert longer is not None
    run(ACTION, local.world, [Change(resource, now, longer)])
    assert (local.sent("StartZonalShift"), local.sent("UpdateZonalShift")) == (1, 1)
    _, then = seen(local)
    assert isinstance(then.state, ShiftState)
    assert parse_stamp(then.state.until) - local.watch.now() == timedelta(hours=4)
    assert then.evidence["shift"] == now.evidence["shift"]


def test_after_its_end_traffic_is_back_and_there_is_nothing_to_cancel(local: Local) -> None:
    arn = balancer(local, "front")
    shift(local)
    local.watch.sleep(4 * 3600 + 1)
    _, now = seen(local)
    assert now.state is ABSENT
    assert set(weights(local, arn).values()) == {1.0}


def test_a_plan_that_is_older_than_its_shift_is_refused_without_a_call(local: Local) -> None:
    balancer(local, "front")
    resource, now = seen(local)
    old = ShiftState(away_from=AWAY, until=stamp(local.watch.now() - timedelta(seconds=1)))
    answer = run(ACTION, local.world, [Change(resource, now, old)])[resource]
    assert answer.kind is ReceiptKind.REJECTED
    assert local.sent("StartZonalShift") == 0


def test_a_lost_reply_is_unknown_and_the_shift_is_then_found_to_be_there(local: Local) -> None:
    balancer(local, "front")
    local.front.faults.append(FaultRule(kind="lost_reply", operation="StartZonalShift"))
    assert {r.kind for r in shift(local).values()} == {ReceiptKind.UNKNOWN}
    resource, now = seen(local)
    assert ACTION.satisfies(ACTION.desire(BALANCERS, resource, now), now.state)


def test_the_effect_is_the_weight_of_the_zone(local: Local) -> None:
    arn = balancer(local, "front")
    resource, before = seen(local)
    forward = Change(resource, before, ACTION.desire(BALANCERS, resource, before))
    assert ACTION.effect is not None
    look = ACTION.effect.look
    assert not look(local.world, BALANCERS, [forward], local.watch.now()).ok
    run(ACTION, local.world, [forward])
    assert look(local.world, BALANCERS, [forward], local.watch.now()).ok
    _, now = seen(local)
    back = Change(resource, now, ABSENT)
    assert not look(local.world, BALANCERS, [back], local.watch.now()).ok
    run(ACTION, local.world, [back])
    assert look(local.world, BALANCERS, [back], local.watch.now()).ok
    assert weights(local, arn)[AWAY] == 1.0


def test_many_balancers_are_read_by_one_list(local: Local) -> None:
    for number in range(5):
        balancer(local, f"front-{number}")
    ids = ACTION.select(local.world, BALANCERS).ids
    before = local.sent("ListManagedResources")
    assert len(ACTION.observe(local.world, BALANCERS, ids)) == 5
    assert local.sent("ListManagedResources") == before + 1
    assert local.sent("GetManagedResource") == 0


@pytest.mark.parametrize(
    ("params", "what"),
    [
        ({"of": ("route",)}, "no 'route' to shift"),
        ({"seconds": 59}, "hold for 59 seconds"),
        ({"seconds": 259201}, "hold for 259201 seconds"),
        ({"resources": ("front",)}, "front is not an ARN"),
        ({"zone": "us-east-1z"}, "no zone 'us-east-1z'"),
    ],
)
def test_what_makes_no_sense_is_refused(local: Local, params: Any, what: str) -> None:
    with pytest.raises(RefusedError, match=what):
        ACTION.select(local.world, replace(BALANCERS, **params))


def test_a_group_over_several_zones_can_be_shifted_and_one_of_one_zone_cannot(
    local: Local,
) -> None:
    local.group("wide", ZONE, "us-east-1b", tags={OWNED: ("owned", False)})
    aws(
        local,
        "autoscaling",
        "update_auto_scaling_group",
        AutoScalingGroupName="wide",
        AvailabilityZoneImpairmentPolicy={
            "ZonalShiftEnabled": True,
            "ImpairedZoneHealthCheckBehavior": "IgnoreUnhealthy",
        },
    )
    world = local.connect()
    selection = ACTION.select(world, Params(zone=ZONE, of=("group",)))
    assert [i.name for i in selection.ids] == ["wide"]
    assert selection.notes == ("all: left alone, because zonal shift is not enabled for it.",)
