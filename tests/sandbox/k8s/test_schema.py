from __future__ import annotations

from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.kinds import Registry


def test_every_served_kind_has_a_schema():
    bare = [kind.kind for kind in Registry("1.36").types() if not kind.schema]
    assert bare == []


def test_references_are_resolved_with_what_stands_beside_them():
    pod = schemas.of_kind("", "v1", "Pod")
    constraints = pod["properties"]["spec"]["properties"]["topologySpreadConstraints"]
    assert constraints["x-kubernetes-patch-merge-key"] == "topologyKey"
    assert schemas.list_keys(constraints) == ("topologyKey", "whenUnsatisfiable")
    assert "maxSkew" in constraints["items"]["required"]


def test_members_of_structs_and_maps_are_told_apart():
    meta = schemas.of_kind("", "v1", "Pod")["properties"]["metadata"]
    assert schemas.member(meta, "nonsense") is None
    labels = schemas.member(meta, "labels")
    assert schemas.member(labels, "anything") == {"type": "string"}
    assert schemas.is_struct(meta)
    assert not schemas.is_struct(labels)


def test_the_unlinked_definitions_stay_printable():
    schemas.definitions()
    plain = schemas.plain_definitions()["io.k8s.api.core.v1.Pod"]
    assert plain["properties"]["spec"] == {"$ref": "io.k8s.api.core.v1.PodSpec"}
