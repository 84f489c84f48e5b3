from __future__ import annotations

from datetime import timedelta
from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.supply import Pool
from tests.sandbox.aws.conftest import START
from tests.sandbox.aws.groups import refused, spec

POOL = Pool(zone="us-east-1a", type="m5.xlarge")
INTERRUPTIONS, RATE = "spot-total-interruptions-inst", "spot-interruption-rate-inst"
HOURS, LONGEST = "spot-total-usage-hrs-inst", "spot-max-run-time-before-interruption-inst"
HOUR = {"Period": 3600, "StartTime": START, "EndTime": START + timedelta(hours=1)}


def test_interruptions_and_usage_are_reported_by_zone_and_type_once_it_is_enabled(
    ec2: Any, cloud: Cloud, watch: Any
) -> None:
    """EC2 API reference, GetCapacityManagerMetricData."""
    asked = {
        "MetricNames": [INTERRUPTIONS, RATE, HOURS, LONGEST],
        "GroupBy": ["availability-zone-id", "instance-type"],
        **HOUR,
    }
    assert "not enabled" in refused(ec2.get_capacity_manager_metric_data, **asked)[2]
    ec2.enable_capacity_manager()
    assert ec2.get_capacity_manager_attributes()["CapacityManagerStatus"] == "enabled"
    cloud.create_group(spec(spot=True, zones=("us-east-1a", "us-east-1b"), desired=4))
    cloud.create_group(spec("plain"))
    for minute in range(60):
        if minute == 30:
            cloud.reclaim(POOL, 1)
        cloud.tick()
        watch.advance(60)
    assert ec2.get_capacity_manager_metric_data(**asked)["MetricDataResults"] == []
    watch.advance(3600)
    found = {
        row["Dimension"]["AvailabilityZoneId"]: {
            value["Metric"]: value["Value"] for value in row["MetricValues"]
        }
        for row in ec2.get_capacity_manager_metric_data(**asked)["MetricDataResults"]
    }
    assert set(found) == {"use1-az6", "use1-az1"}
    hit, spared = found["use1-az6"], found["use1-az1"]
    assert (hit[INTERRUPTIONS], spared[INTERRUPTIONS]) == (1, 0)
    assert hit[RATE] == 100 / 3  # of two and a replacement
    assert round(hit[LONGEST], 2) == round(32 / 60, 2)
    assert 1.9 < spared[HOURS] <= 2
    only = [
        {
            "DimensionCondition": {
                "Dimension": "availability-zone-id",
                "Comparison": "equals",
                "Values": ["use1-az1"],
            }
        }
    ]
    rows = ec2.get_capacity_manager_metric_data(**asked, FilterBy=only)["MetricDataResults"]
    assert [row["Dimension"]["AvailabilityZoneId"] for row in rows] == ["use1-az1"]


def test_what_cannot_be_asked_is_refused(ec2: Any) -> None:
    ec2.enable_capacity_manager()
    call = ec2.get_capacity_manager_metric_data
    odd = {**HOUR, "EndTime": START + timedelta(minutes=90)}
    assert "multiple of the period" in refused(call, MetricNames=[RATE], **odd)[2]
    unknown = refused(call, MetricNames=["reservation-total-count"], **HOUR)[2]
    assert unknown.startswith("the sandbox has no metric reservation-total-count")
