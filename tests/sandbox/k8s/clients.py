"""The official client and kubectl, pointed at a simulated cluster."""

from __future__ import annotations

import contextlib
import json

from kubernetes import client
from kubernetes.client.exceptions import ApiException

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


def labels(name):
    return {"app": name}


def deployment(name="web", namespace="default", **spec):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels(name)},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels(name)},
            "template": {
                "metadata": {"labels": labels(name)},
                "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}]},
            },
            **spec,
        },
    }


def pod(name="web-1", namespace="default", node="", **spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "app", "image": "nginx:1.27"}],
            **({"nodeName": node} if node else {}),
            **spec,
        },
    }


def spread(*, key="topology.kubernetes.io/zone", when="DoNotSchedule", **more):
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": when,
        "labelSelector": {"matchLabels": {"app": "web"}},
        **more,
    }


def config_map(name="settings", namespace="default", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap"} | {
        "metadata": {"name": name, "namespace": namespace},
        "data": data or {"a": "1"},
    }


class Kube:
    """Dict calls through the official client's ApiClient, as sopctl itself makes them."""

    def __init__(self, api):
        self.api = api

    def __call__(self, method, path, body=None, *, media=None, headers=None, **query):
        sent = {"Accept": "application/json", "User-Agent": "probe/1.0", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = media or "application/json"
        parameters = self.api.param_serialize(
            method=method,
            resource_path=path,
            query_params=list(query.items()),
            header_params=sent,
            body=body,
            auth_settings=["BearerToken"],
        )
        response = self.api.call_api(*parameters)
        response.read()
        self.status, self.headers = response.status, response.headers
        data = json.loads(response.data) if response.data else None
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


def configuration(server, token, folder):
    path = folder / "ca.pem"
    path.write_text(server.ca_pem)
    settings = client.Configuration(host=server.url)
    settings.ssl_ca_cert = str(path)
    settings.api_key["BearerToken"] = f"Bearer {token}"
    settings.retries = False
    return settings


@contextlib.contextmanager
def connected(server, token, folder):
    with client.ApiClient(configuration(server, token, folder)) as api:
        yield api
        api.rest_client.pool_manager.clear()
