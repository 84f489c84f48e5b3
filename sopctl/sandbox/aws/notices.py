"""The queue of a node termination handler, with rules, lifecycle hooks and tags.

Source: aws/aws-node-termination-handler, README, "Queue Processor", "Infrastructure Setup".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moto.events.models import EventsBackend, events_backends
from moto.sqs.models import SQSBackend, sqs_backends

from sopctl.sandbox.aws import portrait
from sopctl.sandbox.aws.patches.hooks import CONTINUE, TERMINATING, plant_hook

if TYPE_CHECKING:
    from sopctl.sandbox.aws.region import Region

NAME = "termination-handler"
TAG = "aws-node-termination-handler/managed"
INTERRUPTION = "EC2 Spot Instance Interruption Warning"
TERMINATE = "EC2 Instance-terminate Lifecycle Action"
_CAUGHT = (
    INTERRUPTION,
    TERMINATE,
    "EC2 Instance Rebalance Recommendation",
    "EC2 Instance State-change Notification",
)
_HEARTBEAT = 300  # seconds of the world's time
_AT_ONCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What was said about *instance*; *token* is that of a hook that waits for an answer."""

    about: str
    instance: str
    token: str = ""


class NoticeQueue:
    """The queue of one region's cluster."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def plant(self) -> str:
        """Set up everything for the groups that EKS does not manage; the queue's URL."""
        region, account = self._region.region, self._region.account
        arn = f"arn:aws:sqs:{region}:{account}:{NAME}"
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "sqs.amazonaws.com"]},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        events: EventsBackend = events_backends[account][region]
        with self._region.lock:
            self._queues.create_queue(NAME, Policy=policy, MessageRetentionPeriod="300")
            pattern = json.dumps({"detail-type": list(_CAUGHT)})
            events.put_rule(name=NAME, event_pattern=pattern, state="ENABLED")
            events.put_targets(NAME, None, [{"Id": "1", "Arn": arn}])
            self._hook_groups()
        return f"https://sqs.{region}.amazonaws.com/{account}/{NAME}"

    def take(self) -> list[Notice]:
        """What it holds now; it is gone then."""
        with self._region.lock:
            if NAME not in self._queues.queues:
                return []
            found = []
            for message in self._queues.receive_message(NAME, _AT_ONCE, 0, 60):
                self._queues.delete_message(NAME, str(message.receipt_handle))
                found += list(_read(message.body))
            return found

    def proceed(self, notice: Notice) -> None:
        """Let an instance that waits for its lifecycle hook go on, as *notice* asked."""
        with self._region.lock:
            for group in self._region.sandbox_groups():
                for member in group.members():
                    if notice.token and member.token == notice.token:
                        member.answer = CONTINUE

    @property
    def _queues(self) -> SQSBackend:
        backend: SQSBackend = sqs_backends[self._region.account][self._region.region]
        return backend

    def _hook_groups(self) -> None:
        scaling = self._region.autoscaling
        theirs = {each.group for each in self._region.eks.nodegroups.values()}
        for group in self._region.sandbox_groups():
            if group.name not in theirs:
                plant_hook(group, NAME, TERMINATING, _HEARTBEAT)
                tag = portrait.tag(group.name, TAG, "", propagate=True)
                scaling.create_or_update_tags([tag])


def _read(body: str) -> Iterator[Notice]:
    event = json.loads(body)
    detail, about = event.get("detail") or {}, str(event.get("detail-type"))
    if about == INTERRUPTION:
        yield Notice(about=about, instance=str(detail["instance-id"]))
    elif about == TERMINATE:
        token = str(detail["LifecycleActionToken"])
        yield Notice(about=about, instance=str(detail["EC2InstanceId"]), token=token)
