"""Breadcrumb tags on Auto Scaling groups: which run holds them, and what was there before.

They survive the loss of our journal, and a second operator sees them without it. Not JSON: quotes
and braces are outside the alphabet that tags share on all of AWS (letters, digits, space and
``+ - = . _ : / @``). Source: AWS General Reference, "Tagging AWS resources".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from sopctl.core.action import AnyChange, Call, Mark
from sopctl.core.codec import Json, encode
from sopctl.core.resource import ABSENT, ResourceId
from sopctl.marks.bookkeeping import provider_errors
from sopctl.providers.aws import Aws

PREFIX = "sopctl/before/"
KEY_LIMIT = 128
VALUE_LIMIT = 256
BATCH = 20
NAMES_PER_CALL = 50
PERMISSIONS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:CreateOrUpdateTags sopctl/*",
    "autoscaling:DeleteTags sopctl/*",
)
_SHORT = {"value": "v", "propagate": "p"}


class HasAws(Protocol):
    """Clients with AWS among them."""

    @property
    def aws(self) -> Aws: ...


class AsgTagMarker:
    """Marks as tags ``sopctl/before/<part>`` = ``v=true/p=1/run=<run>`` (or ``absent/run=...``)."""

    def name(self, change: AnyChange, run: str) -> Mark:
        """The breadcrumb for *change*; pure."""
        before = "absent" if change.before.state is ABSENT else _flat(encode(change.before.state))
        tail = f"/run={run}"
        resource = change.resource
        return Mark(
            ResourceId(resource.kind, resource.name, resource.incarnation),
            _key(resource.part or "group"),
            before[: VALUE_LIMIT - len(tail)] + tail,
        )

    def read(self, clients: HasAws, marks: Sequence[Mark]) -> Mapping[Mark, str | None]:
        """What stands there now; of a group that is gone, nothing."""
        names = sorted({mark.resource.name for mark in marks})
        tags: dict[tuple[str, str], Mapping[str, str]] = {}
        for chunk in _chunks(names, NAMES_PER_CALL):
            found = clients.aws.pages(
                "autoscaling",
                "describe_auto_scaling_groups",
                "AutoScalingGroups",
                AutoScalingGroupNames=list(chunk),
            )
            for group in found:
                whole = (group["AutoScalingGroupName"], group.get("AutoScalingGroupARN", ""))
                tags[whole] = {t["Key"]: t.get("Value") or "" for t in group.get("Tags") or ()}
        return {
            mark: tags.get((mark.resource.name, mark.resource.incarnation), {}).get(mark.key)
            for mark in marks
        }

    def write(self, call: Call, clients: HasAws, marks: Sequence[Mark]) -> None:
        """Set the tags; raises a ProviderError."""
        for chunk in _chunks(marks, BATCH):
            tags = [
                {**_address(mark), "Value": mark.value, "PropagateAtLaunch": False}
                for mark in chunk
            ]
            with provider_errors():
                clients.aws.write(call, "autoscaling", "create_or_update_tags", Tags=tags)

    def remove(self, call: Call, clients: HasAws, marks: Sequence[Mark]) -> None:
        """Delete the tags; raises a ProviderError."""
        for chunk in _chunks(marks, BATCH):
            tags = [_address(mark) for mark in chunk]
            with provider_errors():
                clients.aws.write(call, "autoscaling", "delete_tags", Tags=tags)


MARKER = AsgTagMarker()


def holder(tags: Mapping[str, str], part: str) -> str:
    """The run whose breadcrumb for *part* is among the *tags* of a group, or empty."""
    return _run(tags.get(_key(part), ""))


def holders(tags: Mapping[str, str]) -> set[str]:
    """All runs whose breadcrumbs are among the *tags* of a group."""
    return {run for key, value in tags.items() if key.startswith(PREFIX) and (run := _run(value))}


def _run(value: str) -> str:
    _, found, run = value.rpartition("/run=")
    return run if found else ""


def _address(mark: Mark) -> dict[str, Any]:
    return {
        "ResourceId": mark.resource.name,
        "ResourceType": "auto-scaling-group",
        "Key": mark.key,
    }


def _key(part: str) -> str:
    key = PREFIX + part
    if len(key) <= KEY_LIMIT:
        return key
    return PREFIX + hashlib.sha256(part.encode()).hexdigest()[:32]


def _flat(state: Json) -> str:
    """``v=true/p=1``: the fields of a state, without a character that tags do not allow."""
    if not isinstance(state, Mapping):
        return _word(state)
    return "/".join(f"{_SHORT.get(name, name)}={_word(value)}" for name, value in state.items())


def _word(value: Json) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
