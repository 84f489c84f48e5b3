from __future__ import annotations

from typing import Any

import pytest

from sopctl.core.errors import RefusedError
from sopctl.facts.autoscaler import (
    ENABLED,
    Autoscaler,
    DiscoveryTag,
    among,
    only,
    parse_flags,
    pivot,
    together,
)
from sopctl.facts.groups import Group, Tag


def deployment(
    *args: str, image: str = "cluster-autoscaler:v1.34.2", **more: Any
) -> dict[str, Any]:
    container = {"name": "ca", "image": image, "args": list(args), **more}
    return {
        "metadata": {"namespace": "kube-system", "name": "ca"},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}},
        "status": {"readyReplicas": 1},
    }


def described(*args: str, **more: Any) -> Autoscaler:
    return only(among([deployment(*args, **more)]))


def group(name: str = "web", **tags: str) -> Group:
    found = {key: Tag(value=value, propagate=True) for key, value in tags.items()}
    return Group(name=name, arn="arn", zones=("a",), min=0, max=1, desired=0, tags=found)


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["--a=b"], {"a": ("b",)}),
        (["-a=b"], {"a": ("b",)}),
        (["--a", "b"], {"a": ("b",)}),
        (["--a", "--b=1"], {"a": ("true",), "b": ("1",)}),
        (["--a"], {"a": ("true",)}),
        (["--n=1:2:x", "--n=0:5:y"], {"n": ("1:2:x", "0:5:y")}),
        (["./cluster-autoscaler", "--a=b=c"], {"a": ("b=c",)}),
        (
            ["/bin/sh", "-c", "exec ./cluster-autoscaler --a=1 --b='x y'"],
            {"a": ("1",), "b": ("x y",)},
        ),
    ],
)
def test_flags_are_read_as_go_reads_them(words: list[str], flags: dict[str, Any]) -> None:
    found = parse_flags(words)
    assert {key: found[key] for key in flags} == flags


def test_several_discovery_flags_are_one_list_that_must_hold_as_a_whole() -> None:
    found = described(
        "--node-group-auto-discovery=asg:tag=one,two=2",
        "--node-group-auto-discovery=asg:tag=three",
        "--node-group-auto-discovery=mig:namePrefix=x",
    )
    assert found.discovery == (
        DiscoveryTag(key="one"),
        DiscoveryTag(key="two", value="2"),
        DiscoveryTag(key="three"),
    )
    assert found.discovers(group(one="", two="2", three="false"))
    assert not found.discovers(group(one="", two="3", three="x"))
    assert not found.discovers(group(two="2", three="x"))


def test_an_autoscaler_without_discovery_discovers_nothing() -> None:
    found = described("--nodes=1:10:web")
    assert not found.discovers(group("other"))
    assert found.scales(group("web"))
    assert found.explicit == ("web",)


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (["k8s.io/cluster-autoscaler/c", ENABLED], (ENABLED,)),
        (["k8s.io/cluster-autoscaler/c", "mine"], ("mine",)),
        (["kubernetes.io/cluster/c"], ("kubernetes.io/cluster/c",)),
        ([], ()),
    ],
)
def test_the_key_to_remove_is_not_the_one_that_names_the_cluster(
    keys: list[str], wanted: tuple[str, ...]
) -> None:
    assert pivot([DiscoveryTag(key=key) for key in keys]) == wanted


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.0", "1.36.0"),
        ("cluster-autoscaler-amd64:1.29.3-eks", "1.29.3"),
        ("localhost:5000/cluster-autoscaler@sha256:abc", ""),
    ],
)
def test_the_version_is_that_of_the_image(image: str, version: str) -> None:
    assert described(image=image).version == version


@pytest.mark.parametrize("image", ["cluster-proportional-autoscaler:1", "web:1", "my/autoscaler"])
def test_other_images_are_no_cluster_autoscaler(image: str) -> None:
    assert among([deployment(image=image)]) == ()


def test_defaults_are_those_of_the_autoscaler() -> None:
    found = described()
    assert found.status == "cluster-autoscaler-status"
    assert found.status_namespace == "kube-system"
    assert (found.ok_total_unready_count, found.max_total_unready_percentage) == (3, 45.0)
    assert found.scale_down_enabled
    assert (found.replicas, found.ready) == (2, 1)


def test_flags_change_where_the_status_is_and_whether_there_is_one() -> None:
    moved = described("--namespace=ops", "--status-config-map-name=mine")
    assert (moved.status_namespace, moved.status) == ("ops", "mine")
    assert described("--write-status-configmap=false").status == ""


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("k8s.io/cluster-autoscaler/prod", "prod"),
        ("kubernetes.io/cluster/prod", "prod"),
        (ENABLED, ""),
        ("k8s.io/cluster-autoscaler/node-template/label/x", ""),
        ("mine", ""),
    ],
)
def test_the_name_of_the_cluster_is_in_a_discovery_key(key: str, name: str) -> None:
    assert described(f"--node-group-auto-discovery=asg:tag={key}").cluster == name


def test_none_and_several_are_refused_by_name() -> None:
    with pytest.raises(RefusedError, match="no cluster autoscaler"):
        only(())
    with pytest.raises(RefusedError, match="2 cluster autoscalers: kube-system/ca"):
        only(among([deployment(), deployment()]))


def test_several_are_one_for_expressions_with_what_hides_a_group_from_any_of_them() -> None:
    one = described("--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/a")
    two = described("--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/b")
    found = together([one, two, one])
    assert found.discovery_keys == ("k8s.io/cluster-autoscaler/a", "k8s.io/cluster-autoscaler/b")
    assert found.name == one.name
    none = together([])
    assert (none.name, none.discovery_keys) == ("", ())
