from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from kubernetes import client as kubernetes_client
from kubernetes import config as kubernetes_config

from sopctl.app import scenarios
from sopctl.core.errors import SopError, UnreachableError
from sopctl.sandbox.process import lifecycle
from sopctl.sandbox.process.lifecycle import (
    control,
    environment,
    reset,
    start,
    status,
    stop,
    twin,
)
from sopctl.sandbox.process.running import Files, Running
from sopctl.sandbox.scenario import loader
from tests.sandbox.process.conftest import RATE

pytestmark = pytest.mark.sandbox

ENABLED = "k8s.io/cluster-autoscaler/enabled"


class Kube:
    """The official client, with dicts in and out."""

    def __init__(self, kubeconfig: Path) -> None:
        configuration = kubernetes_client.Configuration()
        kubernetes_config.load_kube_config(
            config_file=str(kubeconfig), client_configuration=configuration
        )
        self._api = kubernetes_client.ApiClient(configuration)

    def get(self, path: str, **query: str) -> Any:
        request = self._api.param_serialize(
            "GET",
            path,
            query_params=list(query.items()),
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        return json.loads(self._api.call_api(*request).read())

    def close(self) -> None:
        self._api.rest_client.pool_manager.clear()


@pytest.fixture
def kube(running: Running) -> Iterator[Kube]:
    made = Kube(running.kubeconfig)
    yield made
    made.close()


@pytest.fixture
def shell(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a person who has real credentials and evaluated ours."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("AWS_PROFILE", "production")
    for name, value in environment(running).items():
        monkeypatch.setenv(name, value)


def zone_a_ready(kube: Kube) -> set[str]:
    nodes = kube.get("/api/v1/nodes", labelSelector="topology.kubernetes.io/zone=us-east-1a")
    return {
        condition["status"]
        for node in nodes["items"]
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    }


def test_two_starts_at_once_give_one_sandbox(
    started: tuple[Running, Running], state_dir: Path
) -> None:
    assert started[0] == started[1]
    assert start(state_dir) == started[0]
    assert status(state_dir) == started[0]


def test_everything_in_its_directory_is_private(running: Running) -> None:
    root = running.kubeconfig.parent
    assert root.stat().st_mode & 0o777 == 0o700
    found = {path.name: path.stat().st_mode & 0o777 for path in root.iterdir()}
    assert set(found.values()) == {0o600}
    assert {"aws-config", "aws-credentials", "control-token", "control.json", "kubeconfig"} < set(
        found
    )


@pytest.mark.parametrize("profile", ["default", "sandbox"])
def test_an_aws_config_file_alone_leads_every_service_into_the_sandbox(
    running: Running, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(running.aws_config))
    session = boto3.Session(profile_name=profile)
    assert session.region_name == "us-east-1"
    assert session.client("sts").get_caller_identity()["Account"] == "123456789012"
    cluster = session.client("eks").describe_cluster(name="sandbox")["cluster"]
    assert cluster["endpoint"] == running.kube_url


@pytest.mark.usefixtures("shell")
def test_the_printed_environment_hides_the_users_own_credentials(
    running: Running,
) -> None:
    session = boto3.Session()
    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.access_key == "AKIASANDBOX000000000"
    assert not credentials.token
    groups = session.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert any(ENABLED in {tag["Key"] for tag in group["Tags"]} for group in groups)


def test_both_clients_see_one_world(running: Running, kube: Kube) -> None:
    nodes = kube.get("/api/v1/nodes")["items"]
    assert len(nodes) == 40
    session = boto3.Session(
        aws_access_key_id="AKIASANDBOX000000000",
        aws_secret_access_key="x",
        region_name="us-east-1",
    )
    ec2 = session.client("ec2", endpoint_url=running.aws_url)
    instances = {
        instance["InstanceId"]: instance["Placement"]["AvailabilityZone"]
        for reservation in ec2.describe_instances()["Reservations"]
        for instance in reservation["Instances"]
    }
    assert instances == {
        node["spec"]["providerID"].rpartition("/")[2]: node["metadata"]["labels"][
            "topology.kubernetes.io/zone"
        ]
        for node in nodes
    }


def test_a_zone_fails_and_a_reset_brings_back_the_first_world(
    restored: Running, kube: Kube, state_dir: Path, eventually: Callable[..., Any]
) -> None:
    before = control(restored, "GET", "/dump")
    uid = kube.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]
    assert zone_a_ready(kube) == {"True"}
    assert control(restored, "POST", "/fail-zone", {"zone": "use1-az6"}) == {"zone": "us-east-1a"}
    assert eventually(lambda: "True" not in zone_a_ready(kube))
    assert reset(state_dir) == restored
    after = control(restored, "GET", "/dump")
    assert zone_a_ready(kube) == {"True"}
    assert {
        kind: len(found) for kind, found in before["kubernetes"].items() if kind != "events"
    } == {kind: len(found) for kind, found in after["kubernetes"].items() if kind != "events"}
    assert set(after["aws"]) == set(before["aws"])
    assert kube.get("/api/v1/namespaces/kube-system")["metadata"]["uid"] != uid


def test_a_healed_zone_comes_back(
    restored: Running, kube: Kube, eventually: Callable[..., Any]
) -> None:
    control(restored, "POST", "/fail-zone", {"zone": "us-east-1a"})
    assert eventually(lambda: "True" not in zone_a_ready(kube))
    control(restored, "POST", "/heal-zone", {"zone": "us-east-1a"})
    assert eventually(lambda: "True" in zone_a_ready(kube))


def test_a_killed_sandbox_is_noticed_replaced_and_ends_with_its_directory(
    tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    first = start(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    assert eventually(lambda: status(tmp_path) is None)
    assert Files(tmp_path).read() == first  # the record is stale, and known to be
    with pytest.raises(UnreachableError):
        reset(tmp_path)
    second = start(tmp_path)
    assert second.pid != first.pid
    shutil.rmtree(tmp_path / "sandbox")
    assert eventually(lambda: _is_silent(second))


def _is_silent(running: Running) -> bool:
    try:
        control(running, "GET", "/status")
    except UnreachableError:
        return True
    return False


def test_a_stopped_sandbox_leaves_only_its_log(tmp_path: Path) -> None:
    assert stop(tmp_path) is False
    running = start(tmp_path)
    assert stop(tmp_path) is True
    assert status(tmp_path) is None
    assert _is_silent(running)
    left = {path.name for path in running.kubeconfig.parent.iterdir()}
    assert left == {"alive.lock", "log", "starting.lock"}
    assert stop(tmp_path) is False


def test_a_failed_start_is_told_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(SopError, match="a world clock cannot run backwards") as caught:
        start(tmp_path, rate=-1)
    assert "log" in caught.value.hint
    assert "Traceback" in Files(tmp_path).log.read_text()
    assert status(tmp_path) is None


def test_callers_load_no_sdk_and_no_simulator() -> None:
    script = (
        "import sys, sopctl.sandbox.process.lifecycle\n"
        "heavy = {'boto3', 'botocore', 'moto', 'flask', 'kubernetes', 'yaml', 'cryptography'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def test_a_step_of_the_world_may_take_longer_than_an_answer(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an hour in which a zone returns, in a large world on a busy machine."""
    monkeypatch.setattr(lifecycle, "ANSWER_SECONDS", 1e-4)
    with pytest.raises(UnreachableError):
        control(running, "GET", "/dump")
    control(running, "POST", "/clock/step", {"seconds": 1})


def test_a_twin_is_alike_to_the_last_pod_and_goes_its_own_way(
    restored: Running, state_dir: Path, tmp_path: Path
) -> None:
    control(restored, "POST", "/clock", {"rate": 0})
    small = scenarios.as_json(scenarios.uninhabited(loader.default()))
    try:
        other = twin(state_dir, tmp_path, small, rate=0)
        kinds = {"kinds": ["pods", "nodes", "deployments", "namespaces"]}
        mine, its = control(restored, "GET", "/dump", kinds), control(other, "GET", "/dump", kinds)
        assert mine == its
        assert len(mine["kubernetes"]["nodes"]) == 40
        assert control(other, "GET", "/scenario") == control(restored, "GET", "/scenario")

        control(other, "POST", "/fail-zone", {"zone": "us-east-1a"})
        control(other, "POST", "/clock/step", {"seconds": 60})
        assert control(restored, "GET", "/dump", kinds) == mine
        assert control(other, "GET", "/dump", kinds) != mine
        assert not (tmp_path / "sandbox" / "twin").exists()
    finally:
        stop(tmp_path)
        control(restored, "POST", "/clock", {"rate": RATE})
