from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sopctl.sandbox.k8s import fieldsets, managed
from sopctl.sandbox.k8s.managed import Owner
from sopctl.sandbox.k8s.schema import of_kind
from tests.sandbox.k8s.clients import deployment, spread

DEPLOYMENT = of_kind("apps", "v1", "Deployment")
STEPS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])
FIELDS = st.frozensets(st.lists(STEPS, min_size=1, max_size=3).map(tuple), max_size=6)


@given(FIELDS)
def test_fields_survive_being_written_down(fields):
    owner = Owner(manager="m", operation="Update", api_version="v1", fields=fields)
    obj = {"metadata": {"managedFields": managed.entries_of([owner])}}
    assert [item.fields for item in managed.owners_of(obj)] == ([fields] if fields else [])


def test_items_of_keyed_lists_are_owned_one_by_one():
    body = deployment()
    body["spec"]["template"]["spec"]["topologySpreadConstraints"] = [spread()]
    fields = {fieldsets.readable(path) for path in fieldsets.fields_of(DEPLOYMENT, body)}
    pod = ".spec.template.spec"
    assert f'{pod}.containers[name="app"].image' in fields
    zone = 'topologyKey="topology.kubernetes.io/zone",whenUnsatisfiable="DoNotSchedule"'
    assert f"{pod}.topologySpreadConstraints[{zone}].maxSkew" in fields


def test_the_servers_own_fields_belong_to_nobody():
    fields = fieldsets.fields_of(DEPLOYMENT, {"metadata": {"name": "x", "uid": "y"}, "kind": "z"})
    assert fields == frozenset()


def test_a_removed_field_is_owned_by_nobody_any_more():
    owner = Owner(manager="one", operation="Update", api_version="apps/v1")
    old = {"metadata": {"labels": {"a": "1", "b": "2"}}}
    old["metadata"]["managedFields"] = managed.born(DEPLOYMENT, old, owner)
    new = {"metadata": {**old["metadata"], "labels": {"a": "1"}}}
    other = Owner(manager="two", operation="Update", api_version="apps/v1")
    entries = managed.kept(old, old).after(DEPLOYMENT, old, new, other).plain()
    assert [(entry["manager"], entry["fieldsV1"]) for entry in entries] == [
        ("one", {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}})
    ]


def test_owners_worked_out_late_are_those_worked_out_at_each_write():
    """Six owners' worth of writes, read after each of them and read only at the end."""
    dice = random.Random(7)  # a story, not a secret
    writers = [
        Owner(manager=name, operation="Update", api_version="apps/v1", subresource=part)
        for name in ("one", "two", "three")
        for part in ("", "status")
    ]
    old = {"metadata": {"labels": {"a": "0"}}, "spec": {"replicas": 1}}
    late = early = managed.born(DEPLOYMENT, old, writers[0])
    for number in range(200):
        labels = {key: str(dice.randrange(3)) for key in "abcd" if dice.random() < 0.7}
        new = {
            "metadata": {"labels": labels},
            "spec": {"replicas": dice.randrange(3)},
            "status": {"readyReplicas": dice.randrange(3)},
        }
        writer = replace(dice.choice(writers), time=str(number))
        late = late.after(DEPLOYMENT, old, new, writer)
        early = managed.Ownership(early.owners).after(DEPLOYMENT, old, new, writer)
        old = new
    assert late.plain() == early.plain()
    assert len(late.plain()) > 1
