from __future__ import annotations

import json

import pytest

from sopctl.sandbox.k8s import store as stores
from sopctl.sandbox.k8s import watch as watches
from sopctl.sandbox.k8s.api import Api
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.request import Request, User
from tests.sandbox.k8s.clients import config_map, pod
from tests.sandbox.k8s.conftest import NOON

MAPS = "/api/v1/namespaces/default/configmaps"
NOT_OLDER = {"resourceVersionMatch": "NotOlderThan"}
ADMIN = User(name="admin", groups=("system:masters",))


def watched(cluster, count, **query):
    """The first events of a watch, as (type, object)."""
    request = Request(method="GET", path=MAPS, query={"watch": "1", **query}, user=ADMIN)
    stream = Api(cluster).handle(request).stream
    seen = []
    for chunk in stream:
        if chunk:
            event = json.loads(chunk)
            seen.append((event["type"], event["object"]))
        if len(seen) == count or not chunk:
            break
    return seen


def test_a_watch_begins_with_what_is_there(cluster):
    cluster.create("configmaps", config_map())
    ((kind, obj),) = watched(cluster, 1)
    assert (kind, obj["metadata"]["name"]) == ("ADDED", "settings")


def test_the_end_of_the_initial_events_is_announced(cluster):
    cluster.create("configmaps", config_map())
    options = {"sendInitialEvents": "true", "allowWatchBookmarks": "true"} | NOT_OLDER
    _, (kind, mark) = watched(cluster, 2, **options)
    assert kind == "BOOKMARK"
    assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_nothing_is_announced_to_who_wants_no_bookmarks(cluster):
    cluster.create("configmaps", config_map())
    (only,) = watched(cluster, 2, sendInitialEvents="true", **NOT_OLDER)
    assert only[0] == "ADDED"


def test_a_watch_can_begin_without_what_is_there(cluster):
    cluster.create("configmaps", config_map())
    assert watched(cluster, 1, sendInitialEvents="false", **NOT_OLDER) == []


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"sendInitialEvents": "true"}, "sendInitialEvents requires setting resourceVersionMatch"),
        (NOT_OLDER, "forbidden for watch unless sendInitialEvents is provided"),
    ],
)
def test_options_that_do_not_go_together_are_422(cluster, query, why):
    request = Request(method="GET", path=MAPS, query={"watch": "1", **query}, user=ADMIN)
    refused = Api(cluster).handle(request)
    assert refused.status == 422
    assert why in json.loads(refused.body)["message"]


def test_bookmarks_tell_how_far_a_watch_has_seen(cluster, monkeypatch):
    monkeypatch.setattr(watches, "BOOKMARK_EVERY", 0.0)
    cluster.create("pods", pod())
    query = {"watch": "1", "resourceVersion": "1", "allowWatchBookmarks": "true"}
    stream = Api(cluster).handle(Request(method="GET", path=MAPS, query=query, user=ADMIN)).stream
    first = next(json.loads(chunk) for chunk in stream if chunk)
    kind, mark = first["type"], first["object"]
    assert kind == "BOOKMARK"
    assert mark["metadata"] == {"resourceVersion": str(cluster.revision)}


def test_a_forgotten_revision_is_410(monkeypatch):
    monkeypatch.setattr(stores, "HISTORY", 5)
    cluster = Cluster(lambda: NOON)
    for index in range(10):
        cluster.create("configmaps", config_map(f"m{index}"))
    ((kind, status),) = watched(cluster, 1, resourceVersion="2")
    assert (kind, status["code"], status["reason"]) == ("ERROR", 410, "Expired")


def test_one_object_is_watched_by_its_name(cluster):
    cluster.create("configmaps", config_map("one"))
    cluster.create("configmaps", config_map("two"))
    ((_, obj),) = watched(cluster, 1, fieldSelector="metadata.name=two")
    assert obj["metadata"]["name"] == "two"


def test_a_deletion_carries_the_revision_of_the_deletion(cluster):
    created = cluster.create("configmaps", config_map())
    revision = created["metadata"]["resourceVersion"]
    cluster.delete("configmaps", "settings", "default")
    ((kind, obj),) = watched(cluster, 1, resourceVersion=revision)
    assert kind == "DELETED"
    assert obj["metadata"]["resourceVersion"] == str(cluster.revision)


@pytest.mark.parametrize("timeout", ["1"])
def test_a_watch_ends_after_its_timeout(cluster, timeout):
    query = {"watch": "1", "timeoutSeconds": timeout, "resourceVersion": str(cluster.revision)}
    request = Request(method="GET", path=MAPS, query=query, user=ADMIN)
    assert [chunk for chunk in Api(cluster).handle(request).stream if chunk] == []
