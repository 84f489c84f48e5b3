from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import refused, spec

ON_DEMAND, SPOT = "L-1216C47A", "L-34B43A08"


def test_the_vcpu_quotas_are_told_and_launches_are_held_to_them(
    asg: Any, cloud: Cloud, clients: Callable[[str], Any], run: Callable[[float], None]
) -> None:
    """EC2 user guide, "On-Demand Instance limits": counted in vCPUs."""
    quotas = clients("service-quotas")
    cloud.set_quota("on-demand", 8)

    def value(code: str) -> float:
        found: float = quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"]
        return found

    assert value(ON_DEMAND) == 8
    assert value(SPOT) > 1000
    cloud.create_group(spec(desired=1))
    cloud.create_group(spec("spot", spot=True, desired=1))
    cloud.set_desired("web", 4)
    run(30)
    assert len(cloud.group("web").instances) == 2  # of four vCPUs each
    activities = asg.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
    (failed,) = [a for a in activities if a["StatusCode"] == "Failed"]
    assert "current vCPU limit of 8 allows" in failed["StatusMessage"]
    cloud.set_quota("spot", 4)
    cloud.set_desired("spot", 2)
    run(30)
    activities = asg.describe_scaling_activities(AutoScalingGroupName="spot")["Activities"]
    assert "MaxSpotInstanceCountExceeded" in activities[0]["StatusMessage"]


def test_other_quotas_are_not_made_up(front: Any, clients: Callable[[str], Any]) -> None:
    quotas = clients("service-quotas")
    assert len(quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]) == 2
    assert quotas.list_service_quotas(ServiceCode="eks")["Quotas"] == []
    assert refused(quotas.get_service_quota, ServiceCode="ec2", QuotaCode="L-0")[1] == (
        "NoSuchResourceException"
    )
    assert refused(quotas.list_services)[:2] == (501, "NotImplemented")
