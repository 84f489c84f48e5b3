"""Where the probes run: any cluster of a kubeconfig, or else the simulator in this process.

Set SOPCTL_CONFORMANCE_KUBECONFIG (and _CONTEXT) for a cluster of your own. Probes that would touch
more than a namespace of their own are skipped there, unless SOPCTL_CONFORMANCE_CLUSTER_WIDE is 1.
"""

from __future__ import annotations

import base64
import contextlib
import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml
from kubernetes import client, config

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer
from sopctl.sandbox.world.controllers import budgets
from sopctl.sandbox.world.view import View

KUBECONFIG = os.environ.get("SOPCTL_CONFORMANCE_KUBECONFIG", "")
CONTEXT = os.environ.get("SOPCTL_CONFORMANCE_CONTEXT", "")
CLUSTER_WIDE = os.environ.get("SOPCTL_CONFORMANCE_CLUSTER_WIDE") == "1"
RELEASE = os.environ.get("SOPCTL_CONFORMANCE_RELEASE", "1.36")  # of the simulator
TOKEN = "conformance-token"
PATIENCE = 20.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """A cluster to probe; `cluster` is what is behind it where it is the simulator."""

    kubeconfig: Path
    context: str
    cache: Path
    cluster: Cluster | None = None

    @property
    def simulated(self):
        return self.cluster is not None

    @contextlib.contextmanager
    def client(self, *, token=""):
        """The official client, with another token than the kubeconfig's if one is given."""
        settings = client.Configuration()
        config.load_kube_config(
            str(self.kubeconfig),
            context=self.context or None,
            client_configuration=settings,
            persist_config=False,
        )
        settings.retries = False
        if token:
            settings.refresh_api_key_hook = None
            settings.api_key = {"BearerToken": f"Bearer {token}"}
            settings.cert_file = settings.key_file = None
        with client.ApiClient(settings) as api:
            yield api
            api.rest_client.pool_manager.clear()


@contextlib.contextmanager
def found(folder):
    """The cluster that the environment names, or a simulator for as long as it is needed."""
    if KUBECONFIG:
        yield Place(kubeconfig=Path(KUBECONFIG), context=CONTEXT, cache=folder)
        return
    cluster = Cluster(lambda: datetime.now(UTC), RELEASE)
    server = KubeServer(cluster, token=TOKEN)
    server.start()
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(kubeconfig(server)))
    path.chmod(0o600)
    with disruption_controller(cluster):
        yield Place(kubeconfig=path, context="", cache=folder, cluster=cluster)
    server.stop()


def kubeconfig(server):
    authority = base64.b64encode(server.ca_pem.encode()).decode()
    cluster = {"server": server.url, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "sandbox",
        "clusters": [{"name": "sandbox", "cluster": cluster}],
        "users": [{"name": "sandbox", "user": {"token": TOKEN}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
    }


@contextlib.contextmanager
def disruption_controller(cluster):
    """Keep the status of budgets, which is the one controller that probes count on."""
    over, view = threading.Event(), View(cluster)

    def work():
        while not over.wait(0.05):
            with cluster.lock:
                if view.refresh():
                    budgets.reconcile(view, cluster.now())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def eventually(look, wanted=True):
    """Look until it is as wanted: other components of a real cluster need a moment."""
    end = time.monotonic() + PATIENCE
    while (seen := look()) != wanted and time.monotonic() < end:
        time.sleep(0.1)
    assert seen == wanted
