from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sopctl.sandbox.aws.fleet import Group
from sopctl.sandbox.world.autoscaler.discovery import discover
from sopctl.sandbox.world.autoscaler.settings import Settings, duration, read

IMAGE = "registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.0"


def settings(*args: str, image: str = IMAGE, command: tuple[str, ...] = ()) -> Settings:
    container = {"name": "x", "image": image, "command": list(command), "args": list(args)}
    pod = {
        "metadata": {"name": "p", "namespace": "kube-system"},
        "spec": {"containers": [container]},
    }
    return read(pod)


def group(name: str = "web", **tags: str) -> Group:
    named = {key.replace("_", "-"): (value, False) for key, value in tags.items()}
    return Group(
        name=name,
        zones=("us-east-1b", "us-east-1a"),
        subnets=(),
        min=1,
        max=5,
        desired=2,
        tags=named,
        suspended=frozenset(),
        instances=(),
        mixed=False,
        spot=False,
        instance_types=("m5.xlarge",),
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10m", 600), ("1h30m", 5400), ("8760h", 31_536_000), ("500ms", 0.5), ("1.5s", 1.5)],
)
def test_durations_are_read_as_go_writes_them(text, seconds):
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "ten minutes", "10m5"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="not a duration"):
        duration(text)


def test_the_defaults_are_those_of_the_release():
    found = settings()
    assert found.scale_down
    assert (found.ok_unready, found.max_unready_percent) == (3, 45)
    assert found.unneeded_time == timedelta(minutes=10)
    assert found.provision_time == timedelta(minutes=15)
    assert found.utilization == 0.5
    assert (found.namespace, found.status_name) == ("kube-system", "cluster-autoscaler-status")
    assert found.version == (1, 36)


def test_flags_are_read_in_every_spelling_and_from_the_command():
    found = settings(
        "--scale-down-unneeded-time",
        "5m",
        "-namespace=autoscaling",
        "--balance-similar-node-groups",
        "--scale-down-enabled=false",
        command=("./cluster-autoscaler", "--ok-total-unready-count=7"),
        image="mirror.local/cluster-autoscaler:1.29.3",
    )
    assert found.unneeded_time == timedelta(minutes=5)
    assert found.namespace == "autoscaling"
    assert found.balance
    assert not found.scale_down
    assert found.ok_unready == 7
    assert found.version == (1, 29)


def test_several_discovery_flags_are_one_set_of_required_tags():
    found = settings(
        "--node-group-auto-discovery=asg:tag=enabled,owner=me",
        "--node-group-auto-discovery=asg:tag=team=a",
    )
    assert found.discovery == (("enabled", None), ("owner", "me"), ("team", "a"))
    names = [
        each.name
        for each in discover(
            [
                group("all", enabled="false", owner="me", team="a"),
                group("other-owner", enabled="true", owner="you", team="a"),
                group("no-team", enabled="true", owner="me"),
            ],
            found,
        )
    ]
    assert names == ["all"]


def test_without_discovery_nothing_is_managed():
    assert discover([group(enabled="true")], settings()) == ()


def test_a_static_group_keeps_the_bounds_of_its_flag():
    [found] = discover([group("fixed")], settings("--nodes=2:9:fixed"))

    assert (found.min, found.max, found.target) == (2, 9, 2)


def test_another_discovery_is_refused():
    with pytest.raises(ValueError, match="unsupported node group auto discovery: 'mig:x=y'"):
        settings("--node-group-auto-discovery=mig:x=y")


def test_a_pod_without_the_autoscaler_is_refused():
    with pytest.raises(ValueError, match="pod p runs no cluster autoscaler"):
        settings(image="nginx:1")


def test_tags_of_a_group_override_the_flags():
    prefix = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/"
    tags = {
        "enabled": ("", False),
        f"{prefix}scaledownunneededtime": ("1h", False),
        f"{prefix}scaledownunreadytime": ("2h", False),
        f"{prefix}scaledownutilizationthreshold": ("-1", False),
    }
    made = group()
    tagged = replace(made, tags=tags)

    [found] = discover([tagged], settings("--node-group-auto-discovery=asg:tag=enabled"))

    assert found.unneeded_time == timedelta(hours=1)
    assert found.unready_time == timedelta(hours=2)
    assert found.utilization == -1
    assert found.zone == "us-east-1b"
