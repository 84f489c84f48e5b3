"""Server-side apply where it is easy to get wrong, through the API."""

from __future__ import annotations

import json

import pytest

from sopctl.sandbox.k8s.api import Api
from sopctl.sandbox.k8s.request import Request, User
from tests.sandbox.k8s.clients import APPLY, MERGE, config_map, deployment

ADMIN = User(name="admin", groups=("system:masters",))
WEB = "/apis/apps/v1/namespaces/default/deployments/web"
MAP = "/api/v1/namespaces/default/configmaps/settings"
TYPED = "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): "


@pytest.fixture
def call(cluster):
    api = Api(cluster)

    def call(path, body, manager="one", *, media=APPLY, **query):
        request = Request(
            method="PATCH",
            path=path,
            query={"fieldManager": manager, **query},
            headers={"content-type": media},
            body=json.dumps(body).encode(),
            user=ADMIN,
        )
        return json.loads(api.handle(request).body)

    return call


def web(**container):
    body = deployment()
    body["spec"]["template"]["spec"]["containers"][0] |= container
    return body


def container(obj):
    return obj["spec"]["template"]["spec"]["containers"][0]


def owners(obj, field):
    return {
        entry["manager"]
        for entry in obj["metadata"]["managedFields"]
        if f'"f:{field}"' in json.dumps(entry["fieldsV1"])
    }


# --- what cannot be typed -------------------------------------------------------------


def test_an_item_without_its_key_is_500(call):
    body = deployment()
    body["spec"]["template"]["spec"]["containers"].append({"image": "x"})
    refused = call(WEB, body)
    assert (refused["code"], refused.get("reason")) == (500, None)
    assert refused["message"] == TYPED + (
        ".spec.template.spec.containers: element 1: associative list with keys has an element "
        'that omits all key fields ["name"] (and doesn\'t have default values for any key fields)'
    )


def test_an_item_stated_twice_is_500(call):
    body = deployment()
    body["spec"]["template"]["spec"]["containers"] *= 2
    text = '.spec.template.spec.containers: duplicate entries for key [name="app"]'
    assert call(WEB, body)["message"] == TYPED + text


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"nonsense": 1}, ".spec.nonsense: field not declared in schema"),
        ({"replicas": "3"}, ".spec.replicas: expected numeric (int or float), got string"),
        ({"paused": "yes"}, ".spec.paused: expected boolean, got string"),
        ({"strategy": []}, ".spec.strategy: expected map, got &{[]}"),
        ({"replicas": "3", "paused": 1}, "errors:\n  .spec.replicas: expected numeric"),
    ],
)
def test_what_the_schema_does_not_know_is_500(call, spec, text):
    assert call(WEB, deployment(**spec))["message"].startswith(TYPED + text)


def test_a_key_with_a_default_may_be_left_out(call):
    ports = [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]
    call(WEB, web(ports=ports))
    both = call(WEB, web(ports=[{"containerPort": 53, "name": "dns"}]), "two")
    found = container(both)["ports"]
    assert [item["protocol"] for item in found] == ["TCP", "UDP"]
    assert found[0]["name"] == "dns"


# --- lists owned as a whole -----------------------------------------------------------


def test_a_co_owned_atomic_list_goes_with_its_last_owner(call):
    call(WEB, web(command=["a", "b"]))
    shared = call(WEB, web(command=["a", "b"]), "two")
    assert owners(shared, "command") == {"one", "two"}
    left = call(WEB, deployment(), "one")
    assert (container(left)["command"], owners(left, "command")) == (["a", "b"], {"two"})
    assert "command" not in container(call(WEB, deployment(), "two"))


def test_a_co_owner_cannot_change_an_atomic_list_alone(call):
    call(WEB, web(command=["a"]))
    call(WEB, web(command=["a"]), "two")
    refused = call(WEB, web(command=["b"]), "two")
    place = '.spec.template.spec.containers[name="app"].command'
    assert refused["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": place}
    ]
    forced = call(WEB, web(command=["b"]), "two", force="true")
    assert (container(forced)["command"], owners(forced, "command")) == (["b"], {"two"})


def test_items_of_a_set_are_owned_one_by_one(call):
    def held(*names):
        return config_map() | {"metadata": {"name": "settings", "finalizers": list(names)}}

    call(MAP, held("example.com/a"))
    both = call(MAP, held("example.com/b"), "two")
    assert both["metadata"]["finalizers"] == ["example.com/a", "example.com/b"]
    assert call(MAP, held(), "one")["metadata"]["finalizers"] == ["example.com/b"]


# --- owners ---------------------------------------------------------------------------


def test_owners_are_forgotten_by_an_empty_entry(call):
    call(MAP, config_map())
    forgotten = call(MAP, {"metadata": {"managedFields": [{}]}}, media=MERGE)
    assert forgotten["metadata"]["managedFields"] == []
    # Whoever owned the field has no say any more.
    assert call(MAP, config_map(a="2"), "two")["data"] == {"a": "2"}


def test_an_owner_can_be_taken_off_the_list(call):
    call(MAP, config_map(a="1"))
    both = call(MAP, config_map(b="2"), "two")
    kept = [item for item in both["metadata"]["managedFields"] if item["manager"] == "two"]
    left = call(MAP, {"metadata": {"managedFields": kept}}, media=MERGE)
    assert [item["manager"] for item in left["metadata"]["managedFields"]] == ["two"]


def test_the_status_is_applied_by_its_own_path(call):
    body = deployment() | {"status": {"replicas": 4}}
    main = call(WEB, body)
    assert ("replicas" in main["status"], owners(main, "status")) == (False, set())
    by_status = call(f"{WEB}/status", body, "two")
    assert by_status["status"]["replicas"] == 4
    entry = by_status["metadata"]["managedFields"][-1]
    assert (entry["subresource"], entry["fieldsV1"]) == (
        "status",
        {"f:status": {"f:replicas": {}}},
    )


def test_an_apply_with_a_uid_creates_nothing(call):
    body = config_map()
    body["metadata"]["uid"] = "gone"
    refused = call(MAP, body)
    assert refused["code"] == 409
    assert "uid mismatch: the provided object specified uid gone" in refused["message"]


def test_an_apply_can_insist_on_a_version(call):
    call(MAP, config_map())
    body = config_map(a="2")
    body["metadata"]["resourceVersion"] = "1"
    refused = call(MAP, body)
    assert (refused["code"], refused["reason"]) == (409, "Conflict")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"media": MERGE, "force": "true"}, "force"),
        ({"manager": "x" * 129}, "fieldManager"),
        ({"manager": ""}, "fieldManager"),
    ],
)
def test_options_that_make_no_sense_are_422(call, options, field):
    refused = call(MAP, config_map(), **options)
    assert (refused["code"], refused["details"]["kind"]) == (422, "PatchOptions")
    assert refused["details"]["causes"][0]["field"] == field


def test_nobody_states_who_owns_what(call):
    body = config_map()
    body["metadata"]["managedFields"] = [{"manager": "me"}]
    assert call(MAP, body)["message"] == "metadata.managedFields must be nil"
