"""The kubectl at hand, against the oldest and the newest release that the sandbox serves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
import yaml

from sopctl.sandbox.k8s import releases
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer
from tests.conformance import place
from tests.sandbox.k8s.clients import deployment
from tests.sandbox.k8s.conftest import NOON

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")


@pytest.fixture(params=[releases.SUPPORTED[0], releases.SUPPORTED[-1]])
def release(request):
    return request.param


@pytest.fixture
def run(release, tmp_path):
    cluster = Cluster(lambda: NOON, release)
    cluster.create("deployments", deployment())
    server = KubeServer(cluster, token=place.TOKEN)
    server.start()
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(place.kubeconfig(server)))
    path.chmod(0o600)

    def run(*arguments):
        return subprocess.run(
            ["kubectl", *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "KUBECONFIG": str(path), "HOME": str(tmp_path)},
            timeout=60,
        )

    yield run
    server.stop()


def test_an_old_or_new_server_is_named_and_warned_about(run, release):
    told = run("version")
    assert f"Server Version: v{release}.0+sandbox" in told.stdout
    # Some installations choose a kubectl that fits the server.
    own = int(re.search(r"Client Version: v1\.(\d+)", told.stdout)[1])
    apart = abs(own - releases.minor_of(release)) > 1
    assert ("exceeds the supported minor version skew" in told.stderr) is apart


def test_everyday_commands_work(run, release):
    assert run("get", "deploy", "-o", "name").stdout == "deployment.apps/web\n"
    run("scale", "deploy/web", "--replicas=5")
    assert "5 desired" in run("describe", "deploy", "web").stdout
    known = "mutatingadmissionpolicies" in run("api-resources").stdout
    assert known is (releases.minor_of(release) >= 36)
