from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.sandbox.k8s import managed
from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.managed import Owner
from sopctl.sandbox.k8s.objects import clone
from sopctl.sandbox.k8s.patch_apply import apply
from sopctl.sandbox.k8s.schema import of_kind

DEPLOYMENT = of_kind("apps", "v1", "Deployment")
LABELS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"), max_size=3)


def container(name, **more):
    return {"name": name, **more}


def stated(*, replicas=None, labels=None, containers=()):
    body = {"metadata": {"name": "web"}, "spec": {"template": {"spec": {}}}}
    if labels is not None:
        body["metadata"]["labels"] = labels
    if replicas is not None:
        body["spec"]["replicas"] = replicas
    if containers:
        body["spec"]["template"]["spec"]["containers"] = list(containers)
    return body


def applied(live, config, manager, *, force=False):
    owner = Owner(manager=manager, operation="Apply", api_version="apps/v1", time="now")
    merged, owners = apply(DEPLOYMENT, live, clone(config), owner, force=force)
    merged["metadata"]["managedFields"] = managed.entries_of(owners)
    return merged


def owners(obj):
    return {owner.manager: owner.fields for owner in managed.owners_of(obj)}


def names(obj):
    return [item["name"] for item in obj["spec"]["template"]["spec"].get("containers", [])]


def test_managers_share_a_list_by_its_keys():
    one = applied({}, stated(containers=[container("a", image="1")]), "one")
    both = applied(one, stated(containers=[container("b", image="2")]), "two")
    assert names(both) == ["a", "b"]
    without = applied(both, stated(replicas=1), "two")
    assert names(without) == ["a"]


def test_a_shared_item_loses_only_the_fields_of_who_leaves():
    one = applied({}, stated(containers=[container("a", image="1")]), "one")
    both = applied(one, stated(containers=[container("a", tty=True)]), "two")
    left = applied(both, stated(replicas=1), "two")
    assert left["spec"]["template"]["spec"]["containers"] == [{"name": "a", "image": "1"}]


def test_stating_the_same_value_shares_it_without_conflict():
    both = applied(applied({}, stated(replicas=3), "one"), stated(replicas=3), "two")
    assert all(("f:spec", "f:replicas") in fields for fields in owners(both).values())
    kept = applied(both, stated(), "one")
    assert kept["spec"]["replicas"] == 3


def test_a_conflict_names_owner_and_field_and_force_takes_it_over():
    one = applied({}, stated(replicas=3), "one")
    with pytest.raises(ApiError, match=r'conflict with "one": \.spec\.replicas') as refused:
        applied(one, stated(replicas=4), "two")
    assert refused.value.status == 409
    forced = applied(one, stated(replicas=4), "two", force=True)
    assert ("f:spec", "f:replicas") not in owners(forced).get("one", frozenset())


def test_an_atomic_list_is_owned_and_replaced_whole():
    def tolerating(key):
        body = stated()
        body["spec"]["template"]["spec"]["tolerations"] = [{"key": key}]
        return body

    one = applied({}, tolerating("a"), "one")
    with pytest.raises(ApiError):
        applied(one, tolerating("b"), "two")
    forced = applied(one, tolerating("b"), "two", force=True)
    assert forced["spec"]["template"]["spec"]["tolerations"] == [{"key": "b"}]


@given(LABELS, LABELS)
def test_the_last_apply_of_one_manager_is_what_holds(first, second):
    live = applied(applied({}, stated(labels=first), "one"), stated(labels=second), "one")
    assert live["metadata"].get("labels", {}) == second


@given(LABELS, LABELS)
def test_an_apply_is_idempotent(mine, theirs):
    live = applied(
        applied({}, stated(labels=theirs), "they"), stated(labels=mine), "me", force=True
    )
    assert applied(live, stated(labels=mine), "me") == live
    assert live["metadata"].get("labels", {}) == {**theirs, **mine}
