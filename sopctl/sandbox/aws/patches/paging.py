"""Reading groups: pages, filters and activities as AWS serves them.

Gaps of moto 5.2 closed here: MaxRecords above 100 and a bogus NextToken were an error 500; the
token was the name of a group; an unknown filter was ignored; ``IncludeInstances=false`` was
ignored; DescribeScalingActivities was always empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from sopctl.sandbox.aws import pages
from sopctl.sandbox.aws.patches.groups import SandboxGroup, find_group

PAGE = 50
MOST_RECORDS = 100
GROUP_FILTERS = ("tag-key", "tag-value")

T = TypeVar("T")


def one_page(
    response: AutoScalingResponse, rows: Sequence[T], size: int = PAGE
) -> tuple[list[T], str | None]:
    """The rows of the requested page, *size* unless asked, and the token of the next.

    Raises ValidationError above 100 records and InvalidNextToken, as the API does.
    """
    size = response._get_int_param("MaxRecords", size)  # noqa: SLF001  # moto has no public way
    if not 1 <= size <= MOST_RECORDS:
        raise ValidationError(
            f"1 validation error detected: Value '{size}' at 'maxRecords' failed to satisfy "
            f"constraint: Member must have value less than or equal to {MOST_RECORDS}"
        )
    token = response._get_param("NextToken")  # noqa: SLF001  # moto has no public way
    try:
        return pages.page(rows, token, size)
    except pages.BadTokenError as error:
        raise AutoscalingClientError(
            "InvalidNextToken", f"The token '{token}' is invalid."
        ) from error


class ReadResponses(AutoScalingResponse):
    """Describing groups and what they did."""

    def describe_auto_scaling_groups(self) -> ActionResult:
        filters = self._get_param("Filters", [])
        for item in filters:
            name = item["Name"]
            if name not in GROUP_FILTERS and not name.startswith("tag:"):
                raise ValidationError(
                    f"Filter type {name} is not correct. Allowed Filter types are: "
                    "tag-key tag-value tag:<key>"
                )
        groups = self.autoscaling_backend.describe_auto_scaling_groups(
            self._get_param("AutoScalingGroupNames", []), filters=filters
        )
        include = self._get_bool_param("IncludeInstances", if_none=True)
        page, token = one_page(self, groups)
        for group in page:
            if isinstance(group, SandboxGroup):
                group.include_instances = include
        return ActionResult({"AutoScalingGroups": page, "NextToken": token})

    def describe_instance_refreshes(self) -> ActionResult:
        """None: the sandbox does not start any."""
        find_group(self, self._get_param("AutoScalingGroupName"))
        return ActionResult({"InstanceRefreshes": []})

    def describe_traffic_sources(self) -> ActionResult:
        """The group's target groups, which is what they are called here."""
        group = find_group(self, self._get_param("AutoScalingGroupName"))
        sources = [
            {"Identifier": arn, "TrafficSource": arn, "Type": "elbv2", "State": "InService"}
            for arn in group.target_group_arns
        ]
        return ActionResult({"TrafficSources": sources})

    def describe_notification_configurations(self) -> ActionResult:
        """None: the sandbox has no notifications by SNS."""
        return ActionResult({"NotificationConfigurations": []})

    def describe_account_limits(self) -> ActionResult:
        """The default quotas of Auto Scaling."""
        groups = self.autoscaling_backend.autoscaling_groups
        configurations = self.autoscaling_backend.launch_configurations
        return ActionResult(
            {
                "MaxNumberOfAutoScalingGroups": 500,
                "MaxNumberOfLaunchConfigurations": 200,
                "NumberOfAutoScalingGroups": len(groups),
                "NumberOfLaunchConfigurations": len(configurations),
            }
        )

    def describe_scaling_activities(self) -> ActionResult:
        name = self._get_param("AutoScalingGroupName")
        backend = self.autoscaling_backend
        groups = [find_group(self, name)] if name else list(backend.autoscaling_groups.values())
        wanted = set(self._get_param("ActivityIds", []))
        since = _lower_bound(self)
        found = [
            activity
            for group in groups
            if isinstance(group, SandboxGroup)
            for activity in group.activities
            if (not wanted or activity["ActivityId"] in wanted)
            and (since is None or f"{activity['StartTime']:%Y-%m-%dT%H:%M:%S}" >= since)
        ]
        found.sort(key=lambda activity: (activity["StartTime"], activity["Order"]), reverse=True)
        page, token = one_page(self, found, MOST_RECORDS)
        return ActionResult({"Activities": page, "NextToken": token})


def _lower_bound(response: AutoScalingResponse) -> str | None:
    for item in response._get_param("Filters", []):  # noqa: SLF001  # moto has no public way
        if item["Name"] == "StartTimeLowerBound":
            return str(item["Values"][0])[:19]
    return None
