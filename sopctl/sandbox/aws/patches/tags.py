"""Tags as AWS keeps them: known groups only, no ``aws:`` keys, at most 50, paged, filtered.

Gaps of moto 5.2 closed here: a missing group was an error 500; ``aws:`` keys and more than 50 tags
were accepted; DescribeTags did not page and ignored filters that it did not know.
"""

from __future__ import annotations

import copy
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from sopctl.sandbox.aws.patches.groups import SandboxGroup, find_group
from sopctl.sandbox.aws.patches.paging import one_page

# Service quotas of Amazon EC2 Auto Scaling and limits of the tagging rules.
MOST_TAGS = 50
KEY_LENGTH = 128
VALUE_LENGTH = 256
RESERVED = "aws:"
FILTERS = ("auto-scaling-group", "key", "value", "propagate-at-launch")

# A tag of the API: Key, Value, PropagateAtLaunch, ResourceId, ResourceType.
Tag = dict[str, Any]


class TagResponses(AutoScalingResponse):
    """Creating, deleting and listing tags of groups."""

    def create_auto_scaling_group(self) -> ActionResult:
        tags = self._get_params().get("Tags", [])
        _check(tags)
        if len(tags) > MOST_TAGS:
            raise _too_many()
        return super().create_auto_scaling_group()

    def create_or_update_tags(self) -> ActionResult:
        tags: list[Tag] = copy.deepcopy(self._get_param("Tags", []))
        _check(tags)
        owned = [(_owner(self, tag), tag) for tag in tags]
        for group in {id(group): group for group, _ in owned}.values():
            fresh = {tag["Key"] for owner, tag in owned if owner is group}
            if len(fresh | {tag["Key"] for tag in group.tags}) > MOST_TAGS:
                raise _too_many()
        for tag in tags:
            tag.setdefault("Value", "")
            tag.setdefault("PropagateAtLaunch", False)
        self.autoscaling_backend.create_or_update_tags(tags)
        return EmptyResult()

    def delete_tags(self) -> ActionResult:
        tags: list[Tag] = self._get_param("Tags", [])
        for tag in tags:
            _owner(self, tag)
        self.autoscaling_backend.delete_tags(tags)
        return EmptyResult()

    def describe_tags(self) -> ActionResult:
        filters = self._get_param("Filters", [])
        for item in filters:
            if item["Name"] not in FILTERS:
                raise ValidationError(
                    f"Filter type {item['Name']} is not correct. Allowed Filter types are: "
                    + " ".join(FILTERS)
                )
            if item["Name"] == "propagate-at-launch":
                item["Values"] = [str(value).capitalize() for value in item["Values"]]
        tags = self.autoscaling_backend.describe_tags(filters=filters)
        tags = sorted(tags, key=lambda tag: (tag["ResourceId"], tag["Key"]))
        page, token = one_page(self, tags)
        return ActionResult({"Tags": page, "NextToken": token})


def _owner(response: AutoScalingResponse, tag: Tag) -> SandboxGroup:
    if tag.get("ResourceType", "auto-scaling-group") != "auto-scaling-group":
        raise ValidationError(f"Invalid resource type {tag['ResourceType']}")
    return find_group(response, tag.get("ResourceId", ""))


def _check(tags: list[Tag]) -> None:
    for tag in tags:
        if tag["Key"].lower().startswith(RESERVED):
            raise ValidationError(
                "aws: prefixed tag key names are not allowed for external use. "
                "Please modify and try again."
            )
        if not 0 < len(tag["Key"]) <= KEY_LENGTH or len(tag.get("Value", "")) > VALUE_LENGTH:
            raise ValidationError("Tag keys have 1 to 128 and tag values 0 to 256 characters.")


def _too_many() -> AutoscalingClientError:
    return AutoscalingClientError("LimitExceeded", "The maximum number of tags is 50")
