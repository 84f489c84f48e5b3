from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import ENABLED, described, refused, spec


def tag(key: str, value: str = "x", *, group: str = "web") -> dict[str, Any]:
    return {
        "ResourceId": group,
        "ResourceType": "auto-scaling-group",
        "Key": key,
        "Value": value,
        "PropagateAtLaunch": False,
    }


def tags_of(asg: Any, name: str = "web") -> dict[str, tuple[str, bool]]:
    return {t["Key"]: (t["Value"], t["PropagateAtLaunch"]) for t in described(asg, name)["Tags"]}


def test_a_tag_comes_back_with_its_value_and_its_propagation(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    asg.delete_tags(Tags=[{k: v for k, v in tag(ENABLED).items() if k[0] in "RK"}])
    assert tags_of(asg) == {}
    asg.create_or_update_tags(Tags=[{**tag(ENABLED, "yes"), "PropagateAtLaunch": True}])
    assert tags_of(asg) == {ENABLED: ("yes", True)}


def test_deleting_a_tag_that_is_gone_is_no_error(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    asg.delete_tags(Tags=[tag("never/was")])
    assert set(tags_of(asg)) == {ENABLED}


@pytest.mark.parametrize("operation", ["create_or_update_tags", "delete_tags"])
def test_tags_of_a_missing_group_are_refused_and_no_other_group_is_touched(
    asg: Any, cloud: Cloud, operation: str
) -> None:
    cloud.create_group(spec())
    before = tags_of(asg)
    status, code, message = refused(
        getattr(asg, operation), Tags=[tag(ENABLED, "new"), tag(ENABLED, group="nobody")]
    )
    assert (status, code) == (400, "ValidationError")
    assert "nobody not found" in message
    assert tags_of(asg) == before


def test_keys_of_aws_are_refused(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    status, code, _ = refused(asg.create_or_update_tags, Tags=[tag("aws:owner")])
    assert (status, code) == (400, "ValidationError")
    assert set(tags_of(asg)) == {ENABLED}


def test_the_fifty_first_tag_is_refused_and_an_update_at_fifty_is_not(
    asg: Any, cloud: Cloud
) -> None:
    cloud.create_group(spec())
    asg.create_or_update_tags(Tags=[tag(f"t/{n}") for n in range(49)])
    asg.create_or_update_tags(Tags=[tag("t/0", "changed")])
    assert len(tags_of(asg)) == 50
    status, code, _ = refused(asg.create_or_update_tags, Tags=[tag("t/50")])
    assert (status, code) == (400, "LimitExceeded")
    assert len(tags_of(asg)) == 50


@pytest.mark.parametrize(("key", "value"), [("k" * 129, "v"), ("k", "v" * 257)])
def test_tags_that_are_too_long_are_refused(asg: Any, cloud: Cloud, key: str, value: str) -> None:
    cloud.create_group(spec())
    assert refused(asg.create_or_update_tags, Tags=[tag(key, value)])[1] == "ValidationError"


def test_describe_tags_pages_through_all_rows(asg: Any, cloud: Cloud) -> None:
    for index in range(60):
        cloud.create_group(spec(f"g{index:02}", desired=1))
    first = asg.describe_tags()
    assert len(first["Tags"]) == 50
    rest = asg.describe_tags(NextToken=first["NextToken"])
    assert "NextToken" not in rest
    rows = first["Tags"] + rest["Tags"]
    assert sorted(t["ResourceId"] for t in rows) == [f"g{index:02}" for index in range(60)]


def test_describe_tags_knows_its_filters_and_refuses_others(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    asg.create_or_update_tags(Tags=[tag("other")])
    found = asg.describe_tags(Filters=[{"Name": "propagate-at-launch", "Values": ["true"]}])
    assert [t["Key"] for t in found["Tags"]] == [ENABLED]
    status, code, _ = refused(asg.describe_tags, Filters=[{"Name": "colour", "Values": ["red"]}])
    assert (status, code) == (400, "ValidationError")


def test_concurrent_writers_lose_no_tag(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec(tags={}))
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda n: asg.create_or_update_tags(Tags=[tag(f"t/{n}")]), range(48)):
            pass
    assert len(tags_of(asg)) == 48
