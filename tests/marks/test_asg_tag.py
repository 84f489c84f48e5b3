from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from sopctl.core.action import Change, Mark
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId
from sopctl.marks.asg_tag import KEY_LIMIT, MARKER, VALUE_LIMIT
from tests.laws import call
from tests.local import ENABLED, Local

PORTABLE = re.compile(r"[\w +\-=.:/@]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagLike:
    value: str
    propagate: bool


def change(state: TagLike | Absent, part: str = ENABLED, name: str = "web-00") -> Change[TagLike]:
    resource = ResourceId("aws.asg", name, f"arn:{name}", part)
    return Change(resource, Observed(state), ABSENT)


def marks(local: Local, count: int) -> list[Mark]:
    groups = local.world.aws.pages(
        "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"
    )
    ids = [(each["AutoScalingGroupName"], each["AutoScalingGroupARN"]) for each in groups]
    state = Observed(TagLike(value="true", propagate=True))
    return [
        MARKER.name(Change(ResourceId("aws.asg", name, arn, ENABLED), state, ABSENT), "RUN")
        for name, arn in ids[:count]
    ]


def test_the_breadcrumb_says_what_was_there_and_which_run_has_it() -> None:
    mark = MARKER.name(change(TagLike(value="true", propagate=True)), "01RUN")
    assert mark.key == f"sopctl/before/{ENABLED}"
    assert mark.value == "v=true/p=1/run=01RUN"
    assert mark.resource.part == ""


def test_nothing_there_is_not_the_same_as_an_empty_value() -> None:
    assert MARKER.name(change(ABSENT), "R").value == "absent/run=R"
    assert MARKER.name(change(TagLike(value="", propagate=False)), "R").value == "v=/p=0/run=R"


@pytest.mark.parametrize("length", [10, 120, 128])
def test_key_and_value_stay_within_what_tags_may_be(length: int) -> None:
    part = "k" * length
    mark = MARKER.name(change(TagLike(value="v" * 256, propagate=False), part), "01RUN")
    assert len(mark.key) <= KEY_LIMIT
    assert len(mark.value) <= VALUE_LIMIT
    assert mark.value.endswith("/run=01RUN")
    assert PORTABLE.fullmatch(mark.key)


def test_long_parts_do_not_share_a_key() -> None:
    keys = {MARKER.name(change(ABSENT, "k" * 127 + last), "R").key for last in "ab"}
    assert len(keys) == 2


def test_marks_are_set_read_and_taken_off_in_batches(local: Local) -> None:
    wanted = marks(local, 25)
    assert set(MARKER.read(local.world, wanted).values()) == {None}
    MARKER.write(call(), local.world, wanted)
    assert MARKER.read(local.world, wanted) == {each: each.value for each in wanted}
    assert local.sent("CreateOrUpdateTags") == 2
    tag = local.cloud.group("web-07").tags[wanted[7].key]
    assert tag == ("v=true/p=1/run=RUN", False)
    MARKER.remove(call(), local.world, wanted)
    assert set(MARKER.read(local.world, wanted).values()) == {None}


def test_a_mark_on_a_later_group_of_the_same_name_is_not_ours(local: Local) -> None:
    (mark,) = marks(local, 1)
    MARKER.write(call(), local.world, [mark])
    earlier = Mark(ResourceId("aws.asg", mark.resource.name, "arn:earlier"), mark.key, mark.value)
    assert MARKER.read(local.world, [earlier]) == {earlier: None}
