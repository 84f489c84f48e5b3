"""Looking at a world over HTTP: what it costs, and what is left when a provider is silent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from sopctl.app.connection import RealConnection
from sopctl.app.overviews.looking import JOURNAL, Onlooker
from sopctl.core.errors import AuditUnavailableError, UnreachableError, WrongTargetError
from sopctl.core.overview import Discovery
from sopctl.journal.memory import MemoryStore
from sopctl.providers.limits import Limits
from sopctl.sandbox.aws.faults import FaultRule
from sopctl.sandbox.k8s.faults import FaultRule as KubeFault
from tests.local import ENABLED, OWNED

ONCE = Limits(connect=2.0, read=5.0, attempts=1, deadline=5.0)
DEAD = FaultRule(kind="dead")
BREADCRUMB = {f"sopctl/before/{ENABLED}": ("v=true/p=1/run=R", False)}
KUBERNETES = "nodes", "pods", "autoscaler", "NodePools"


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def onlook(local, store):
    """A function that makes an onlooker at the local world."""
    made = []

    def make(open_store=lambda: store, clock=lambda: local.watch, **pins):
        target = replace(local.target, **pins)
        connection = RealConnection(target, local.watch, agent="sopctl/test").within(ONCE)
        made.append(Onlooker(target, connection, open_store, clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def nodes(local):
    """A node for each instance of the group web-a, and a pod on each."""
    for number, instance in enumerate(local.cloud.group("web-a").instances):
        labels = {"topology.kubernetes.io/zone": instance.zone}
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"n{number}", "labels": labels},
            "spec": {"providerID": instance.provider_id},
        }
        local.cluster.create("nodes", node)


def test_the_picture_of_a_world(local, nodes, onlook):
    local.group("gone", "us-east-1b", tags={OWNED: ("owned", False), **BREADCRUMB})

    over = onlook().look()

    assert [(each.name, each.group, each.zone) for each in over.nodes] == [
        ("n0", "web-a", "us-east-1a"),
        ("n1", "web-a", "us-east-1a"),
    ]
    found = {each.name: (each.discovery, each.run) for each in over.groups}
    assert found["web-a"] == (Discovery.SCALED, "")
    assert found["gone"] == (Discovery.TAKEN_OUT, "R")
    assert [each.id for each in over.zones] == ["use1-az6", "use1-az1", "use1-az2"]
    assert over.target["account"] == local.cloud.account
    assert over.gaps == ()


def test_a_look_costs_seven_calls_and_changes_nothing(local, nodes, onlook):
    """A page for each of three lists, and of AWS groups with their templates, zones and shifts."""
    onlooker = onlook()
    onlooker.look()
    aws, kube, before = len(local.front.calls), len(local.kube.calls), local.dump()

    onlooker.look()

    assert Counter(call.operation for call in local.front.calls[aws:]) == {
        "DescribeAutoScalingGroups": 1,
        "DescribeAvailabilityZones": 1,
        "DescribeLaunchTemplateVersions": 1,
        "ListManagedResources": 1,
    }
    asked = sorted(call.path for call in local.kube.calls[kube:])
    assert [each.partition("?")[0] for each in asked] == [
        "/api/v1/nodes",
        "/api/v1/pods",
        "/apis/apps/v1/deployments",
    ]
    assert local.mutations() == 0
    assert local.dump() == before


def test_lists_come_from_the_cache_of_the_api_server_page_by_page(local, nodes, onlook):
    sent = []
    onlooker = onlook()
    send = onlooker._connection.clients.k8s._send
    onlooker._connection.clients.k8s._send = lambda ask: (sent.append(ask), send(ask))[1]

    onlooker.look()

    lists = [ask for ask in sent if ask.path.endswith(("/nodes", "/pods", "/deployments"))]
    assert len(lists) == 3
    assert all((a.query["limit"], a.query["resourceVersion"]) == (500, "0") for a in lists)


def test_while_aws_is_silent_kubernetes_is_shown_and_the_rest_is_said_to_be_missing(
    local, nodes, onlook
):
    local.front.faults.append(DEAD)

    over = onlook().look()

    assert [each.name for each in over.nodes] == ["n0", "n1"]
    assert [each.name for each in over.zones] == ["us-east-1a"]
    assert [set(gap.what) for gap in over.gaps] == [{"groups", "zones", "zonal shifts"}]


def test_while_kubernetes_is_silent_what_was_seen_of_it_is_shown_with_its_time(
    local, nodes, onlook
):
    onlooker = onlook()
    first = onlooker.look()
    local.watch.sleep(60)
    local.kube.faults.append(KubeFault(value=503, count=None))

    over = onlooker.look()

    assert over.at > first.at
    assert over.nodes == first.nodes
    assert {each.name for each in over.groups} >= {"web-a", "spot-c"}
    (gap,) = over.gaps
    assert gap.what == KUBERNETES
    assert gap.since == first.at

    local.kube.faults.clear()
    assert onlooker.look().gaps == ()


def test_nobody_answers_is_an_error_and_later_an_old_picture(local, nodes, onlook):
    onlooker = onlook()
    first = onlooker.look()
    local.front.faults.append(DEAD)
    local.kube.faults.append(KubeFault(value=503, count=None))

    assert onlooker.look().nodes == first.nodes
    with pytest.raises(UnreachableError, match="target local does not answer"):
        onlook().look()


def test_whoever_does_not_know_us_is_a_gap_as_well(local, nodes, onlook, tmp_path):
    """Credentials that expired overnight: the cluster is still worth seeing."""
    nobody = tmp_path / "nobody"
    nobody.write_text("[default]\nregion = us-east-1\n")

    over = onlook(aws_config=str(nobody)).look()

    assert [each.name for each in over.nodes] == ["n0", "n1"]
    (gap,) = over.gaps
    assert gap.what == ("groups", "zones", "zonal shifts")
    assert "credentials" in gap.why


def test_who_was_silent_at_first_is_identified_later(local, nodes, onlook):
    local.front.faults.append(DEAD)
    onlooker = onlook()
    assert onlooker.look().target["caller"] == ""

    local.front.faults.clear()
    assert onlooker.look().target["caller"]


@pytest.mark.parametrize("pins", [{"account": "999999999999"}, {"cluster_uid": "another"}])
def test_another_cluster_or_account_is_not_shown_under_this_name(nodes, onlook, pins):
    with pytest.raises(WrongTargetError):
        onlook(**pins).look()


def test_a_journal_that_cannot_be_read_is_a_gap_like_any_other(nodes, onlook):
    def broken():
        raise AuditUnavailableError("the disk is full")

    (gap,) = onlook(broken).look().gaps
    assert (gap.what, gap.why) == ((JOURNAL,), "the disk is full")


def test_while_the_clock_is_silent_time_goes_on_as_it_went(local, nodes, onlook):
    answers = [local.watch]

    def ask():
        if not answers:
            raise UnreachableError("the clock does not answer")
        return answers.pop()

    onlooker = onlook(clock=ask)
    first = onlooker.look()
    local.watch.sleep(60)
    assert onlooker.look().at > first.at

    with pytest.raises(UnreachableError, match="the clock"):
        onlook(clock=ask).look()


def test_what_may_not_be_read_is_said_and_the_rest_is_shown(local, nodes, onlook):
    local.kube.faults.append(KubeFault(path_regex="/pods", value=403, count=None))
    over = onlook().look()
    assert len(over.nodes) == 2
    assert [gap.what for gap in over.gaps] == [("pods",)]
