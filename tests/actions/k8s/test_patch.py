from __future__ import annotations

from dataclasses import replace

import jsonpatch
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sopctl.actions.k8s import patch_settings
from sopctl.actions.k8s.patch import ACTION, Params, needed
from sopctl.actions.k8s.patch_document import Operation
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.errors import RefusedError
from sopctl.providers import json_patch
from tests import laws
from tests.actions.k8s.stage import plan, send
from tests.fakes.crds import crd
from tests.fakes.workloads import deployment

WEB = {"api_version": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web"}


@pytest.fixture
def shop(stage):
    stage.cluster.create("deployments", deployment("web", 2))
    return stage


@pytest.fixture
def widgets(stage):
    """Objects without a schema: what is null stays null."""
    stage.cluster.create(
        "customresourcedefinitions", crd("acme.io", "v1", "Widget", "widgets", namespaced=True)
    )

    def make(spec, **metadata):
        made = {
            "apiVersion": "acme.io/v1",
            "kind": "Widget",
            "metadata": {"name": "w", "namespace": "shop", **metadata},
            "spec": spec,
        }
        return stage.cluster.create("widgets.acme.io", made)

    stage.make = make
    return stage


def widget(stage):
    return stage.cluster.get("widgets.acme.io", "w", "shop")


def on_widget(**what):
    return Params(api_version="acme.io/v1", kind="Widget", namespace="shop", name="w", **what)


def web(stage):
    return stage.cluster.get("deployments", "web", "shop")


SPECS = {
    "a value": {"on": True, "other": 1},
    "another type": {"on": {"since": 3}, "other": 1},
    "absent": {"other": 1},
    "absent in an empty object": {},
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("value", [False, 0, {"a": [1, "b"]}, "x"])
def test_whatever_stood_there_is_put_back(widgets, spec, value):
    widgets.make(spec)
    laws.prove(ACTION, widgets, on_widget(set={"/spec/on": value}))


@pytest.mark.parametrize("name", ["a value", "another type"])
def test_what_is_removed_is_put_back_as_it_was(widgets, name):
    widgets.make(SPECS[name])
    laws.prove(ACTION, widgets, on_widget(remove=("/spec/on",)))


@pytest.mark.parametrize("what", [{"remove": ("/spec/on",)}, {"set": {"/spec/on": None}}])
def test_what_changes_nothing_in_the_eyes_of_the_api_server_is_no_change(widgets, what):
    """This one keeps no null, as the typed kinds of the real one: the dry run says so."""
    widgets.make({"other": 1})
    assert plan(widgets, ACTION, on_widget(**what)) == []


KEYS = st.sampled_from(["a", "b", "c/d", "e~f"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.text("xy", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
POINTERS = st.lists(KEYS, min_size=1, max_size=3).map(
    lambda keys: json_patch.pointer("spec", *keys)
)


def disjoint(pointers):
    paths = [json_patch.keys(each) for each in pointers]
    return not any(a != b and b[: len(a)] == a for a in paths for b in paths)


@given(
    st.dictionaries(KEYS, JSON, max_size=3),
    st.dictionaries(POINTERS, JSON | st.just(...), min_size=1, max_size=3).filter(disjoint),
)
def test_there_and_back_is_exact_for_any_object_null_and_absent_told_apart(spec, changes):
    obj = {"metadata": {"resourceVersion": "1"}, "spec": spec}
    pointers = sorted(changes)
    assume(not any(_crosses(obj, each) for each in pointers))
    seen = patch_settings.read(obj, pointers)
    values = {each: value for each, value in changes.items() if value is not ...}
    wanted = patch_settings.of(values, pointers)

    there = applied(obj, seen, wanted, pointers)
    settled = patch_settings.read(there, pointers)
    assert settled.state.values == wanted.values
    assert applied(there, settled, seen.state, pointers) == obj
    assert patch_settings.operations(settled.state, settled.state, {}, pointers) == []


def applied(obj, seen, after, pointers):
    document = patch_settings.operations(seen.state, after, seen.evidence["shared"], pointers)
    return jsonpatch.apply_patch(obj, document)


def _crosses(obj, pointer):
    """Whether the pointer leads through something that is no object, which the server refuses."""
    inner = obj
    for key in json_patch.keys(pointer):
        if not isinstance(inner, dict):
            return True
        if key not in inner:
            return False
        inner = inner[key]
    return False


@pytest.mark.parametrize(
    "spec", [{}, {"deep": {}}, {"deep": {"er": {}}}, {"deep": {"er": {"mine": 1}}}]
)
def test_objects_made_on_the_way_go_with_what_was_put_into_them(widgets, spec):
    widgets.make(spec)
    laws.prove(ACTION, widgets, on_widget(set={"/spec/deep/er/a": 1, "/spec/deep/er/b": 2}))


def test_objects_made_on_the_way_stay_while_somebody_else_is_in_them(widgets):
    widgets.make({})
    params = on_widget(set={"/spec/deep/a": 1})
    (change,) = plan(widgets, ACTION, params)
    send(widgets, ACTION, change)
    widgets.cluster.patch("widgets.acme.io", "w", {"spec": {"deep": {"theirs": 1}}}, "shop")
    seen = ACTION.observe(widgets.clients, params, [change.resource])[change.resource]
    send(widgets, ACTION, Change(change.resource, seen, change.before.state))
    assert widget(widgets)["spec"] == {"deep": {"theirs": 1}}


def test_a_mark_of_ours_is_no_change_of_what_is_written_beside_it(widgets):
    """The mark makes the annotations that the object did not have, and takes them along."""
    params = on_widget(set={"/metadata/annotations/incident": "7"})
    widgets.make({})
    planned = plan(widgets, ACTION, params)[0]
    mark = {"metadata": {"annotations": {"sopctl.io/run": "us"}}}
    widgets.cluster.patch("widgets.acme.io", "w", mark, namespace="shop")
    now = ACTION.observe(widgets.clients, params, [planned.resource])[planned.resource]
    assert now.state == planned.before.state
    send(widgets, ACTION, replace(planned, before=now))
    assert widget(widgets)["metadata"]["annotations"] == {"sopctl.io/run": "us", "incident": "7"}


def test_keys_with_slashes_and_lists(widgets):
    widgets.make({"list": [{"x": 1}, {"x": 2}]}, annotations={"a/b~c": "old"})
    changes = {"/metadata/annotations/a~1b~0c": "new", "/spec/list/1/x": 9}
    laws.prove(ACTION, widgets, on_widget(set=changes))


def test_a_place_in_a_list_that_is_not_there_is_refused(widgets):
    widgets.make({"list": [1]})
    with pytest.raises(RefusedError, match="has no /spec/list/1"):
        ACTION.select(widgets.clients, on_widget(set={"/spec/list/1": 2}))


def test_the_api_server_is_asked_what_it_would_make_of_it(shop):
    """Defaults are in the plan, so that what is read back is exactly what was planned."""
    params = Params(**WEB, set={"/spec/strategy": {"type": "RollingUpdate"}, "/spec/paused": True})
    shop.cluster.patch("deployments", "web", {"spec": {"strategy": {"$retainKeys": []}}}, "shop")
    proof = laws.prove(ACTION, shop, params)
    (settled,) = proof.settled.values()
    assert settled.state.values["/spec/paused"] == "true"


def test_settings_that_belong_together_are_one_patch(shop):
    """Recreate and rollingUpdate exclude each other: neither half is valid by itself."""
    both = {"/spec/strategy/type": "Recreate"}
    params = Params(**WEB, set=both, remove=("/spec/strategy/rollingUpdate",))
    shop.cluster.patch(
        "deployments",
        "web",
        {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}},
        "shop",
    )
    before = shop.mutations()
    changes = plan(shop, ACTION, params)
    assert shop.mutations() == before, "a plan changed something"
    assert len(changes) == 1
    send(shop, ACTION, *changes)
    assert shop.mutations() == before + 1
    assert web(shop)["spec"]["strategy"] == {"type": "Recreate"}


def test_what_the_api_server_refuses_is_refused_before_anything_is_done(shop):
    with pytest.raises(RefusedError, match="shop/web"):
        ACTION.select(shop.clients, Params(**WEB, set={"/spec/replicas": -1}))


def test_a_change_by_somebody_else_is_a_conflict_even_without_a_version(shop):
    (change,) = plan(
        shop, ACTION, Params(**WEB, set={"/spec/minReadySeconds": 5, "/spec/replicas": 9})
    )
    shop.cluster.patch("deployments", "web", {"spec": {"replicas": 4}}, "shop")
    blind = replace(change, before=replace(change.before, version=""))
    (receipt,) = send(shop, ACTION, blind).values()
    assert receipt.kind is ReceiptKind.CONFLICT
    assert web(shop)["spec"]["replicas"] == 4


@pytest.mark.parametrize(
    ("manager", "who"),
    [("argocd-controller", "Argo CD"), ("kustomize-controller", "Flux"), ("helm", "Helm")],
)
def test_what_others_keep_is_refused_unless_it_is_said_why(widgets, manager, who):
    body = {
        "apiVersion": "acme.io/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop"},
        "spec": {"size": 1, "deep": {"a": 1}},
    }
    path = "/apis/acme.io/v1/namespaces/shop/widgets/w"
    media = "application/apply-patch+yaml"
    query = {"fieldManager": manager}
    widgets.clients.k8s.write(laws.call(), "PATCH", path, body, content_type=media, query=query)
    with pytest.raises(RefusedError, match=rf"/spec/size of shop/w is kept by {who}"):
        ACTION.select(widgets.clients, on_widget(set={"/spec/size": 2}))
    with pytest.raises(RefusedError, match=who):
        ACTION.select(widgets.clients, on_widget(set={"/spec/deep": {"b": 1}}))
    told = ACTION.select(widgets.clients, on_widget(set={"/spec/size": 2}, despite="it is night"))
    assert len(told.ids) == 1
    assert told.notes[0].endswith("all the same: it is night")
    assert ACTION.select(widgets.clients, on_widget(set={"/spec/free": 2})).notes == ()


def test_what_a_controller_made_is_refused_too(stage):
    stage.cluster.create("deployments", deployment("web", 1))
    stage.run()
    (pod,) = stage.pods()
    params = Params(
        api_version="v1",
        kind="Pod",
        namespace="shop",
        name=pod["metadata"]["name"],
        set={"/metadata/labels/app": "other"},
    )
    with pytest.raises(RefusedError, match="kept by ReplicaSet"):
        ACTION.select(stage.clients, params)


def test_objects_by_labels_in_one_namespace_or_in_all(widgets):
    widgets.make({}, labels={"tier": "front"})
    asked = {"api_version": "acme.io/v1", "kind": "Widget", "set": {"/spec/a": 1}}

    def found(**more):
        selection = ACTION.select(widgets.clients, Params(**asked, **more))
        return [each.name for each in selection.ids], selection.population

    assert found(labels={"tier": "front"}) == (["shop/w"], 1)
    assert found(labels={"tier": "back"}) == ([], 1)
    assert found(labels={}, namespace="default") == ([], 0)


def test_an_object_that_is_not_there_is_nothing_to_do(widgets):
    assert ACTION.select(widgets.clients, on_widget(set={"/spec/a": 1})).ids == ()


def test_a_cluster_scoped_object_has_no_namespace(stage):
    params = Params(api_version="v1", kind="Node", name="a0", set={"/metadata/labels/x": "y"})
    proof = laws.prove(ACTION, stage, params)
    assert [each.kind for each in proof.selection.ids] == ["k8s.node"]


@pytest.mark.parametrize(
    ("version", "kind", "message"),
    [
        ("apps/v9", "Deployment", "no API apps/v9"),
        ("apps/v1", "Deploymnt", "no kind 'Deploymnt'"),
    ],
)
def test_what_the_cluster_does_not_serve_is_named(stage, version, kind, message):
    params = Params(api_version=version, kind=kind, namespace="shop", name="x", set={"/spec/a": 1})
    with pytest.raises(RefusedError, match=message):
        ACTION.select(stage.clients, params)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({}, "nothing to change"),
        ({"set": {"spec/replicas": 1}}, "no JSON Pointer"),
        ({"set": {"/metadata/name": "x"}}, "/metadata/name cannot be set"),
        ({"set": {"/status/replicas": 1}}, "/status/replicas cannot be set"),
        ({"set": {"/spec/list/-": 1}}, "cannot be set and put back"),
        ({"set": {"/spec/a": 1}, "remove": ("/spec",)}, "/spec/a is inside of /spec"),
        ({"set": {"/spec/a": 1}, "labels": {}}, "not said which objects"),
        ({"set": {"/spec/a": 1}, "name": ""}, "not said which objects"),
        ({"set": {"/data/a": "x"}, "api_version": "v1", "kind": "Secret"}, "in the journal"),
    ],
)
def test_what_could_not_be_put_back_is_refused_in_the_runbook_already(what, message):
    with pytest.raises(RefusedError, match=message):
        Params(**{**WEB, **what})


def test_a_json_patch_is_the_same(shop):
    patch = (
        Operation(op="test", path="/spec/replicas", value=2),
        Operation(op="replace", path="/spec/replicas", value=3),
        Operation(op="add", path="/metadata/labels/x", value="y"),
    )
    params = Params(**WEB, patch=patch)
    laws.prove(ACTION, shop, params)
    shop.cluster.patch("deployments", "web", {"spec": {"replicas": 5}}, "shop")
    with pytest.raises(RefusedError, match="is 5, not 2"):
        ACTION.select(shop.clients, params)


def test_it_needs_what_its_step_names():
    assert needed(dict(WEB)) == ("k8s:get deployments.apps", "k8s:patch deployments.apps")
    policy = {"api_version": "networking.k8s.io/v1", "kind": "NetworkPolicy", "labels": {}}
    assert "k8s:list networkpolicies.networking.k8s.io" in needed(policy)
    assert needed({**WEB, "kind": "${{ params.kind }}"}) == ()
