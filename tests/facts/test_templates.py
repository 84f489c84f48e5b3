from __future__ import annotations

from typing import Any

import pytest

from sopctl.facts import templates
from tests.local import Local


class Ec2:
    """The one call, as EC2 answers it; *asked* remembers what it was asked."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = rows
        self.asked: list[dict[str, Any]] = []

    def pages(self, service: str, operation: str, key: str, **query: Any) -> list[Any]:
        self.asked.append(query)
        if "LaunchTemplateId" not in query:
            return [row for row in self.rows if not row.get("Old")]
        wanted = query["LaunchTemplateId"], query["Versions"][0]
        return [r for r in self.rows if (r["LaunchTemplateId"], str(r["VersionNumber"])) == wanted]

    def together(self, asks: Any) -> list[Any]:
        return [ask() for ask in asks]


def row(name: str, number: int, market: str = "", **more: Any) -> dict[str, Any]:
    data = {"InstanceMarketOptions": {"MarketType": market}} if market else {}
    return {
        "LaunchTemplateId": name,
        "VersionNumber": number,
        "LaunchTemplateData": data,
        **more,
    }


WORLD = (
    row("lt-a", 1, "spot", DefaultVersion=True),
    row("lt-b", 1, DefaultVersion=True),
    row("lt-b", 4, "spot"),
    row("lt-c", 2, "spot", Old=True),
    row("lt-c", 7, DefaultVersion=True),
)


def test_a_few_are_asked_for_one_by_one() -> None:
    ec2 = Ec2(*WORLD)
    assert templates.spot(ec2, {("lt-a", "1"), ("lt-b", "1")}) == {("lt-a", "1")}  # type: ignore[arg-type]
    assert [each["LaunchTemplateId"] for each in ec2.asked] == ["lt-a", "lt-b"]


def test_many_are_read_as_pages_but_for_versions_that_are_neither_default_nor_latest() -> None:
    ec2 = Ec2(*WORLD)
    asked = {
        ("lt-a", "$Default"),
        ("lt-b", "$Default"),
        ("lt-b", "$Latest"),
        ("lt-b", "4"),
        ("lt-c", "2"),
        ("lt-c", "$Latest"),
    }
    found = templates.spot(ec2, asked)  # type: ignore[arg-type]
    assert found == {("lt-a", "$Default"), ("lt-b", "$Latest"), ("lt-b", "4"), ("lt-c", "2")}
    assert [each.get("LaunchTemplateId") for each in ec2.asked] == [None, "lt-c"]


@pytest.mark.parametrize(("groups", "calls"), [(3, 3), (4, 1), (30, 1)])
def test_the_calls_do_not_grow_with_the_groups(local: Local, groups: int, calls: int) -> None:
    local.cloud.reset()
    for number in range(groups):
        local.group(f"g{number}", "us-east-1a")
    local.front.calls.clear()
    assert len(local.world.facts.groups()) == groups
    assert local.sent("DescribeLaunchTemplateVersions") == calls
