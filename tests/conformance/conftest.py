from __future__ import annotations

import json
import uuid

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tests.conformance import place as places
from tests.conformance.kubectl import OLDEST, Kubectl, version
from tests.conformance.manifests import deployment
from tests.conformance.place import eventually

MARKERS = (
    "cluster_wide(what): does more than can be held in one namespace",
    "simulated_only(why): needs what only the simulator offers",
    "release(minor): needs a server of 1.minor or newer",
)


def pytest_configure(config):
    for line in MARKERS:
        config.addinivalue_line("markers", line)


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    with places.found(tmp_path_factory.mktemp("conformance")) as place:
        yield place


@pytest.fixture(scope="session")
def minor(place):
    """The minor version of the server."""
    with place.client() as api:
        return int("".join(filter(str.isdigit, client.VersionApi(api).get_code().minor)))


@pytest.fixture(autouse=True)
def _fitting(request, place, minor):
    """Skip what this place does not allow, and say why."""
    needs = request.node.get_closest_marker("release")
    if needs is not None and minor < needs.args[0]:
        pytest.skip(f"needs Kubernetes 1.{needs.args[0]}, this is 1.{minor}")
    if place.simulated:
        return
    only = request.node.get_closest_marker("simulated_only")
    if only is not None:
        pytest.skip(f"only in the simulator: {only.args[0]}")
    wide = request.node.get_closest_marker("cluster_wide")
    if wide is not None and not places.CLUSTER_WIDE:
        pytest.skip(f"set CLUSTER_WIDE=1 to allow what it does: {wide.args[0]}")


def content(response):
    """What was answered: most of it is JSON, but a path that nothing serves is refused in words."""
    if "json" in response.headers.get("Content-Type", ""):
        return json.loads(response.data)
    return response.data.decode() or None


class Kube:
    """Dict calls through the official client, as sopctl itself makes them.

    `{ns}` in a path is the namespace of the probe.
    """

    Refused = ApiException

    def __init__(self, api, namespace):
        self.api = api
        self.namespace = namespace

    def __call__(self, method, path, body=None, *, media=None, headers=None, **query):
        sent = {"Accept": "application/json", "User-Agent": "probe/1.0", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = media or "application/json"
        parameters = self.api.param_serialize(
            method=method,
            resource_path=path.replace("{ns}", self.namespace),
            query_params=list(query.items()),
            header_params=sent,
            body=body,
            auth_settings=["BearerToken"],
        )
        response = self.api.call_api(*parameters)
        response.read()
        self.status, self.headers = response.status, response.headers
        data = content(response)
        if response.status >= 400:
            error = ApiException(status=response.status, reason=response.reason)
            error.body = data
            raise error
        return data

    def refused(self, *arguments, **options):
        """The Status of a call that has to be refused."""
        try:
            answer = self(*arguments, **options)
        except ApiException as error:
            return error.body
        raise AssertionError(f"not refused: {answer}")

    def exists(self, path):
        try:
            self("GET", path)
        except ApiException as error:
            if error.status == 404:
                return False
            raise
        return True


@pytest.fixture
def api(place):
    with place.client() as api:
        yield api


@pytest.fixture
def ns(place, api):
    """A namespace for one probe; its end is begun, and not waited for."""
    name = f"sopctl-conformance-{uuid.uuid4().hex[:8]}"
    kube = Kube(api, name)
    labels = {"app.kubernetes.io/managed-by": "sopctl-conformance"}
    kube("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    try:
        # Pods are refused until the service account is there.
        eventually(lambda: kube.exists("/api/v1/namespaces/{ns}/serviceaccounts/default"))
        yield name
    finally:
        kube("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def kube(api, ns):
    return Kube(api, ns)


@pytest.fixture
def web(kube):
    return kube("POST", "/apis/apps/v1/namespaces/{ns}/deployments", deployment())


@pytest.fixture
def kubectl(place, ns):
    found = version()
    if found is None or found < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        pytest.skip(f"kubectl {wanted} or newer is not on PATH (found {found})")
    return Kubectl(place, ns)
