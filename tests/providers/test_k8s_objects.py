from __future__ import annotations

import pytest

from sopctl.providers import k8s_objects
from sopctl.providers.k8s import Obj
from tests.local import Local

SPACE = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def maps(local: Local) -> Local:
    for number in range(9):
        body = {"metadata": {"name": f"map-{number}", "namespace": "default"}}
        local.cluster.create("configmaps", body)
    local.kube.calls.clear()
    return local


def name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


@pytest.mark.parametrize("count", [1, 3])
def test_a_few_are_read_one_by_one(maps: Local, count: int) -> None:
    names = [f"default/map-{number}" for number in range(count)]
    found = k8s_objects.named(maps.world.k8s, "k8s.configmap", names, name)
    assert found == {f"default/map-{n}": f"map-{n}" for n in range(count)}
    assert [call.path for call in maps.kube.calls] == [f"{SPACE}/map-{n}" for n in range(count)]


def test_many_are_one_list(maps: Local) -> None:
    names = [f"default/map-{number}" for number in range(8)]
    found = k8s_objects.named(maps.world.k8s, "k8s.configmap", names, name)
    assert sorted(found) == names
    assert [call.path for call in maps.kube.calls] == ["/api/v1/configmaps"]


@pytest.mark.parametrize("more", [0, 5])
def test_what_is_not_there_is_left_out(maps: Local, more: int) -> None:
    names = ["default/none", *(f"default/map-{number}" for number in range(more))]
    found = k8s_objects.named(maps.world.k8s, "k8s.configmap", names, name)
    assert sorted(found) == sorted(names[1:])
