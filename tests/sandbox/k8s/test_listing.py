from __future__ import annotations

import json

import pytest

from sopctl.sandbox.k8s import store as stores
from sopctl.sandbox.k8s.api import Api
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.request import Request, User
from tests.sandbox.k8s.clients import config_map
from tests.sandbox.k8s.conftest import NOON

MAPS = "/api/v1/namespaces/default/configmaps"
ADMIN = User(name="admin", groups=("system:masters",))


def listed(cluster, path=MAPS, **query):
    request = Request(method="GET", path=path, query=query, user=ADMIN)
    return json.loads(Api(cluster).handle(request).body)


def names(page):
    return [item["metadata"]["name"] for item in page["items"]]


@pytest.fixture
def maps(cluster):
    for name in "abcde":
        cluster.create("configmaps", config_map(name))
    return cluster


def onwards(page, **more):
    return {"continue": page["metadata"]["continue"], **more}


def test_later_pages_show_the_state_of_the_first(maps):
    first = listed(maps, limit="2")
    maps.delete("configmaps", "c", "default")
    maps.create("configmaps", config_map("cc"))
    maps.patch("configmaps", "d", {"data": {"a": "changed"}}, "default")
    rest = listed(maps, **onwards(first))
    assert names(rest) == ["c", "d", "e"]
    assert rest["items"][1]["data"] == {"a": "1"}
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert names(listed(maps)) == ["a", "b", "cc", "d", "e"]


def test_a_forgotten_page_is_410_with_a_token_for_the_present(monkeypatch):
    monkeypatch.setattr(stores, "HISTORY", 3)
    cluster = Cluster(lambda: NOON)
    for name in "abcd":
        cluster.create("configmaps", config_map(name))
    first = listed(cluster, limit="2")
    for name in "efghi":
        cluster.create("configmaps", config_map(name))
    gone = listed(cluster, **onwards(first))
    assert (gone["code"], gone["reason"]) == (410, "Expired")
    assert gone["message"].startswith("The provided continue parameter is too old")
    rest = listed(cluster, limit="3", **onwards(gone))
    assert names(rest) == ["c", "d", "e"]
    assert names(listed(cluster, **onwards(rest))) == ["f", "g", "h", "i"]


def test_an_exact_revision_can_be_listed(maps):
    then = listed(maps)["metadata"]["resourceVersion"]
    maps.delete("configmaps", "a", "default")
    exact = listed(maps, resourceVersion=then, resourceVersionMatch="Exact")
    assert names(exact) == list("abcde")
    newer = listed(maps, resourceVersion=then, resourceVersionMatch="NotOlderThan")
    assert names(newer) == names(listed(maps, resourceVersion=then)) == list("bcde")
    # With a limit alone the revision is exact, too.
    assert names(listed(maps, resourceVersion=then, limit="2")) == ["a", "b"]


def test_a_forgotten_exact_revision_is_410(monkeypatch):
    monkeypatch.setattr(stores, "HISTORY", 3)
    cluster = Cluster(lambda: NOON)
    for name in "abcdef":
        cluster.create("configmaps", config_map(name))
    gone = listed(cluster, resourceVersion="2", resourceVersionMatch="Exact")
    assert (gone["code"], gone["reason"]) == (410, "Expired")


@pytest.mark.parametrize("path", [MAPS, f"{MAPS}/a"])
def test_a_revision_to_come_is_504(maps, path):
    early = listed(maps, path, resourceVersion="999999")
    assert (early["code"], early["reason"]) == (504, "Timeout")
    assert early["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert early["details"]["retryAfterSeconds"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"resourceVersionMatch": "Exact"}, "resourceVersionMatch"),
        ({"resourceVersionMatch": "Exact", "resourceVersion": "0"}, "resourceVersionMatch"),
        ({"resourceVersionMatch": "Newest", "resourceVersion": "1"}, "resourceVersionMatch"),
        ({"sendInitialEvents": "true"}, "sendInitialEvents"),
    ],
)
def test_options_that_do_not_go_together_are_422(maps, query, field):
    refused = listed(maps, **query)
    assert (refused["code"], refused["details"]["kind"]) == (422, "ListOptions")
    assert field in {item["field"] for item in refused["details"]["causes"]}


def test_a_token_goes_with_no_other_revision(maps):
    first = listed(maps, limit="2")
    assert listed(maps, **onwards(first, resourceVersion="3"))["code"] == 400
    both = onwards(first, resourceVersion="3", resourceVersionMatch="Exact")
    assert "when continue is provided" in listed(maps, **both)["message"]


def test_only_a_list_without_selectors_says_what_remains(maps):
    assert listed(maps, limit="2")["metadata"]["remainingItemCount"] == 3
    selective = listed(maps, limit="2", fieldSelector="metadata.name!=e")
    assert "remainingItemCount" not in selective["metadata"]
    assert names(listed(maps, fieldSelector="metadata.name!=e", **onwards(selective))) == ["c", "d"]
