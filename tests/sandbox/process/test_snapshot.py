"""A world kept and brought back: equal field by field, and going on as if nothing had been."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sopctl.sandbox.aws.faults import FaultRule
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.aws.front import Call
from sopctl.sandbox.process.household import Household
from sopctl.sandbox.world.ports import CloudPort, ClusterPort

ZONE = "us-east-1a"
GROUP = "a"


def planted(cluster: ClusterPort, cloud: CloudPort) -> None:
    """Two nodes and a deployment: small, and all of it moves."""
    for zone in ("us-east-1a", "us-east-1b"):
        spec = GroupSpec(name=zone[-1], zones=(zone,), min=0, max=3, desired=1)
        cloud.create_group(spec)
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "web"}]},
    }
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    cluster.create(
        "deployments", {"metadata": {"name": "web", "namespace": "default"}, "spec": spec}
    )


@pytest.fixture(scope="module")
def household() -> Iterator[Household]:
    made = Household(0, planted)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def kept(household: Household) -> Iterator[bytes]:
    """The first world; it is there again afterwards."""
    data = household.snapshot()
    yield data
    household.restore(data)


def shake(household: Household) -> None:
    """Change something of everything that a snapshot holds."""
    household.cloud.set_tag(GROUP, "team", "others", False)
    household.kube.cluster.delete("deployments", "web", "default")
    household.kube.cluster.create("namespaces", {"metadata": {"name": "new"}})
    household.fail_zone(ZONE)
    household.aws.faults.append(FaultRule(kind="dead"))
    household.aws.calls.append(_a_call(household))
    household.advance(200)


def _a_call(household: Household) -> Call:
    return Call(
        service="sts",
        operation="GetCallerIdentity",
        mutating=False,
        request_id="1",
        user_agent="me",
        status=200,
        time=household.clock.now(),
    )


def get(household: Household, path: str, token: str = "") -> Any:
    """What the API server answers to its administrator."""
    trusting = ssl.create_default_context(cadata=household.kube.ca_pem)
    headers = {"Authorization": f"Bearer {token or household.kube_token}"}
    request = urllib.request.Request(household.kube.url + path, headers=headers)
    with urllib.request.urlopen(request, context=trusting, timeout=10) as reply:
        return [json.loads(line) for line in reply.read().splitlines()]


def test_a_restored_world_is_equal_field_by_field(household: Household, kept: bytes) -> None:
    before, calls = household.dump(), list(household.kube.calls)
    shake(household)
    assert household.dump() != before

    household.restore(kept)

    assert household.dump() == before
    assert list(household.aws.calls) == []
    assert list(household.kube.calls) == calls
    assert list(household.aws.faults) == []


def test_it_can_be_restored_again_and_again(household: Household, kept: bytes) -> None:
    before = household.dump()
    for _ in range(3):
        shake(household)
        household.restore(kept)
    assert household.dump() == before


def test_the_controllers_go_on_from_what_they_remembered(household: Household, kept: bytes) -> None:
    """The same future twice: the failed zone is noticed at the same second, by the same ids."""
    futures = []
    for _ in range(2):
        household.restore(kept)
        household.fail_zone(ZONE)
        household.advance(100)
        household.cloud.set_desired("b", 2)
        household.advance(60)
        nodes = household.kube.cluster.peek("nodes")
        futures.append([(n["metadata"]["name"], n["status"]["conditions"]) for n in nodes])
    assert futures[0] == futures[1]
    assert len(futures[0]) == 3
    assert any(c["status"] == "Unknown" for c in futures[0][0][1])


def test_it_acts_on_the_restored_halves_and_not_on_the_old_ones(
    household: Household, kept: bytes
) -> None:
    shake(household)
    household.restore(kept)
    before = len(household.kube.cluster.peek("nodes"))
    household.cloud.set_desired(GROUP, 2)
    household.advance(60)
    assert len(household.kube.cluster.peek("nodes")) == before + 1


def test_a_watch_of_what_was_before_is_told_to_list_again(
    household: Household, kept: bytes
) -> None:
    old = household.kube.cluster.revision
    shake(household)
    served = household.kube.cluster.revision

    household.restore(kept)

    listed = get(household, "/api/v1/nodes")[0]["metadata"]["resourceVersion"]
    assert int(listed) > served
    for version in (old, served):
        path = f"/api/v1/nodes?watch=true&resourceVersion={version}&timeoutSeconds=1"
        assert get(household, path)[0]["object"]["code"] == 410
    path = f"/api/v1/nodes?watch=true&resourceVersion={listed}&timeoutSeconds=1"
    assert get(household, path) == []


def test_an_open_watch_ends(household: Household, kept: bytes) -> None:
    path = "/api/v1/nodes?watch=true&timeoutSeconds=60"
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(get, household, path)
        while not any("watch" in call.query for call in household.kube.calls):
            household.clock.sleep(0)
        household.restore(kept)
        assert all(event["type"] == "ADDED" for event in watching.result(timeout=10))


def test_two_households_share_no_world(household: Household, kept: bytes) -> None:
    """What is restored is made anew each time: changing it does not change what was kept."""
    household.restore(kept)
    first = household.kube.cluster
    household.restore(kept)
    assert household.kube.cluster is not first
    assert household.kube.cluster.store.table("nodes") is not first.store.table("nodes")


def test_what_cannot_be_read_changes_nothing(household: Household, kept: bytes) -> None:
    before = household.dump()
    with pytest.raises(Exception, match=r"truncated|pickle"):
        household.restore(kept[: len(kept) // 2])
    assert household.dump() == before


def test_old_credentials_still_open_the_door(household: Household, kept: bytes) -> None:
    household.restore(kept)
    assert get(household, "/api/v1/nodes")[0]["items"]
    with pytest.raises(urllib.error.HTTPError):
        get(household, "/api/v1/nodes", token="another")  # no token at all


def states(household: Household) -> list[str]:
    return sorted(each.state for each in household.cloud.instances())


# What was on its way out in a world that was left ended in the one that had taken its place.
def test_what_is_on_its_way_out_ends_in_its_own_world_only(
    household: Household, kept: bytes
) -> None:
    household.cloud.set_desired(GROUP, 0)
    household.advance(10)
    assert "shutting-down" in states(household)
    leaving = household.snapshot()

    household.restore(kept)
    household.advance(120)
    assert states(household) == ["running", "running"]

    household.restore(leaving)
    household.advance(120)
    assert states(household) == ["running", "terminated"]
