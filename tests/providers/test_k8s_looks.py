from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sopctl.core.errors import PermissionDeniedError
from sopctl.providers.k8s import K8s
from sopctl.sandbox.k8s.faults import FaultRule
from tests.laws import call
from tests.local import Local

MAPS = "/api/v1/namespaces/default/configmaps"


def name(obj: dict[str, Any]) -> str:
    return str(obj["metadata"]["name"])


def create(k8s: K8s, name: str) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    k8s.write(call(), "POST", MAPS, body)


def lists(local: Local) -> int:
    return sum(each.method == "GET" and each.path == MAPS for each in local.kube.calls)


def test_equal_lists_are_asked_for_once_while_it_lasts(local: Local) -> None:
    k8s = local.world.k8s
    create(k8s, "one")
    with k8s.one_look(), ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: k8s.each(MAPS, name), range(4)))
        assert found == [["one"]] * 4
        found[0].append("mine")
        assert k8s.each(MAPS, name) == ["one"]
        assert lists(local) == 1
    k8s.each(MAPS, name)
    assert lists(local) == 2


@pytest.mark.parametrize("other", ["query", "function", "whole objects"])
def test_other_questions_have_other_answers(local: Local, other: str) -> None:
    k8s = local.world.k8s
    create(k8s, "one")
    with k8s.one_look():
        assert k8s.each(MAPS, name) == ["one"]
        if other == "query":
            assert k8s.each(MAPS, name, labelSelector="app=web") == []
        elif other == "function":
            assert k8s.each(MAPS, lambda obj: obj["metadata"]["namespace"]) == ["default"]
        else:
            assert k8s.list(MAPS) == k8s.list(MAPS) != []


def test_a_write_ends_it(local: Local) -> None:
    k8s = local.world.k8s
    with k8s.one_look():
        assert k8s.each(MAPS, name) == []
        create(k8s, "one")
        assert k8s.each(MAPS, name) == ["one"]


def test_a_refusal_is_the_answer_for_all(local: Local) -> None:
    k8s = local.world.k8s
    local.kube.faults.append(FaultRule(kind="status", value=403, count=1))
    with k8s.one_look():
        for _ in range(2):
            with pytest.raises(PermissionDeniedError):
                k8s.each(MAPS, name)
