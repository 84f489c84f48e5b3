"""What groups did, as DescribeScalingActivities returns it, and as EventBridge hears it.

Gap of moto 5.2 closed here: DescribeScalingActivities was always empty. Source of the wording:
Amazon EC2 Auto Scaling user guide, "Verify a scaling activity" and "Troubleshoot Amazon EC2 Auto
Scaling"; of the events, "Amazon EC2 Auto Scaling event reference".
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.patches.hooks import TERMINATING as HOOK
from sopctl.sandbox.aws.patches.hooks import wait
from sopctl.sandbox.aws.patches.instances import RUNNING, SandboxMember
from sopctl.sandbox.aws.patches.outbox import tell

# An Activity of the API.
Activity = dict[str, Any]

MOST_ACTIVITIES = 200
LAUNCHING = "Launching a new EC2 instance: "
TERMINATING = "Terminating EC2 instance: "


def begin(
    group: SandboxGroup, description: str, cause: str, *, zone: str = "", subnet: str = ""
) -> Activity:
    """Write down what the group starts to do, newest last.

    *cause* follows "At <time>", after what the last change of the wish was.
    """
    now = utcnow()
    details = {"Subnet ID": subnet, "Availability Zone": zone}
    activity: Activity = {
        "ActivityId": str(mock_random.uuid4()),
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "Description": description,
        "Cause": f"{group.wish}At {now:%Y-%m-%dT%H:%M:%SZ} {cause}",
        "StartTime": now,
        "EndTime": None,
        "StatusCode": "InProgress",
        "StatusMessage": None,
        "Progress": 50,
        "Details": json.dumps({name: value for name, value in details.items() if value}),
        "Order": group.activities[-1]["Order"] + 1 if group.activities else 0,
    }
    group.activities.append(activity)
    del group.activities[:-MOST_ACTIVITIES]
    return activity


def finish(
    group: SandboxGroup, activity: Activity, *, status: str = "Successful", why: str = ""
) -> None:
    """Write down how it ended; *why* is the status message of a failure."""
    activity["StatusCode"] = status
    activity["StatusMessage"] = why or None
    activity["EndTime"] = utcnow()
    activity["Progress"] = 100
    instance_id = activity["Description"].rpartition(" ")[2]
    known = instance_id if instance_id.startswith("i-") else ""
    what = "Terminate" if activity["Description"].startswith(TERMINATING) else "Launch"
    outcome = "Successful" if status == "Successful" else "Unsuccessful"
    tell(
        "aws.autoscaling",
        f"EC2 Instance {what} {outcome}",
        str(group.arn),
        {
            "StatusCode": "Complete" if status == "Successful" else status,
            "AutoScalingGroupName": group.name,
            "ActivityId": activity["ActivityId"],
            "Details": json.loads(activity["Details"]),
            "RequestId": activity["ActivityId"],
            "StatusMessage": why,
            "EC2InstanceId": known,
            "StartTime": _stamp(activity["StartTime"]),
            "EndTime": _stamp(activity["EndTime"]),
            "Cause": activity["Cause"],
        },
    )


def terminate(group: SandboxGroup, member: SandboxMember, cause: str) -> Activity:
    """Start terminating *member*; the reconciler finishes it. Does not change the wish."""
    if member.lifecycle_state.startswith("Terminating") and member.activity is not None:
        return member.activity
    _abandon(group, member)
    runs = member.machine.state_code == RUNNING
    if not runs or not wait(group, member, HOOK):
        proceed(member)
    subnet = str(member.machine.subnet_id or "")
    description = f"{TERMINATING}{member.instance_id}"
    member.activity = begin(group, description, cause, zone=member.zone, subnet=subnet)
    return member.activity


def proceed(member: SandboxMember) -> None:
    """Terminate the machine: nothing holds it any more."""
    member.enter("Terminating")
    member.machine.terminate()


def _abandon(group: SandboxGroup, member: SandboxMember) -> None:
    """End the activity under way about *member*, such as its launch."""
    if member.activity is not None and member.activity["EndTime"] is None:
        finish(group, member.activity, status="Cancelled")


def _stamp(moment: Any) -> str:  # noqa: ANN401  # a datetime out of an Activity
    return f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"
