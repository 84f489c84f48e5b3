"""Zonal shifts on what belongs to the cluster, with the time they have left."""

from __future__ import annotations

from datetime import timedelta

from sopctl.app.overviews import shifted
from sopctl.core.overview import Away
from sopctl.facts.shifts import Managed, Shift
from tests.fakes.balancers import aws, serving
from tests.local import START

ELB = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app"
UNTIL = "2026-11-21T06:00:00Z"


def managed(name, **shift):
    given = {"id": name, "away_from": "use1-az6", "until": UNTIL, **shift}
    return Managed(arn=f"{ELB}/{name}/1", name=name, shift=Shift(**given))


def start(local, arn, expires="30m"):
    aws(
        local,
        "elbv2",
        "modify_load_balancer_attributes",
        LoadBalancerArn=arn,
        Attributes=[{"Key": "zonal_shift.config.enabled", "Value": "true"}],
    )
    given = {"awayFrom": "use1-az6", "expiresIn": expires, "comment": "by hand"}
    aws(local, "arc-zonal-shift", "start_zonal_shift", resourceIdentifier=arn, **given)


def test_shifts_of_one_run_are_one_that_ends_when_the_first_of_them_does():
    late, ours = "2026-11-21T06:00:09Z", "sopctl run=R"
    found = shifted.away(
        [
            managed("c", until="", comment="zonal autoshift by AWS"),
            managed("b", until=late, comment=ours),
            managed("a", comment=ours),
        ],
        START,
    )
    assert found == (
        Away(
            zone="use1-az6",
            resources=("load balancer a", "load balancer b"),
            until=UNTIL,
            left=timedelta(hours=3).total_seconds(),
            comment="sopctl run=R",
        ),
        Away(zone="use1-az6", resources=("load balancer c",), comment="zonal autoshift by AWS"),
    )


def test_only_what_belongs_to_the_cluster_is_shown(local):
    ours = serving(local, "shop", "web-a")
    subnets = [each["SubnetId"] for each in aws(local, "ec2", "describe_subnets")["Subnets"]]
    made = aws(local, "elbv2", "create_load_balancer", Name="theirs", Subnets=subnets)
    start(local, ours)
    start(local, made["LoadBalancers"][0]["LoadBalancerArn"])

    found = shifted.of_cluster(local.world.aws, local.world.facts)

    assert [each.name for each in found] == ["shop"]


def test_while_nothing_is_shifted_one_call_is_enough(local):
    serving(local, "shop", "web-a")
    before = len(local.front.calls)
    assert shifted.of_cluster(local.world.aws, local.world.facts) == ()
    assert len(local.front.calls) - before == 1
