"""Drive the real command line against a real sandbox, and look at its world with other clients."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config
from kubernetes import client as kubernetes_client
from kubernetes import config as kubernetes_config

from sopctl.journal.sqlite import SqliteStore

ZONE = "us-east-1a"
OURS = (
    "nodes",
    "horizontalpodautoscalers",
    "deployments",
    "statefulsets",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "configmaps",
    "namespaces",
)
PATHS = {
    "nodes": "/api/v1/nodes",
    "horizontalpodautoscalers": "/apis/autoscaling/v2/horizontalpodautoscalers",
    "deployments": "/apis/apps/v1/deployments",
    "statefulsets": "/apis/apps/v1/statefulsets",
    "mutatingadmissionpolicies": (
        "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
    ),
    "mutatingadmissionpolicybindings": (
        "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings"
    ),
    "configmaps": "/api/v1/namespaces/sopctl-system/configmaps",
    "namespaces": "/api/v1/namespaces",
}
OBJECT = re.compile(r"/(?P<name>[^/]+?)(?:/(?:eviction|status))?$")
VOLATILE = ("resourceVersion", "generation", "managedFields")


@dataclass
class Sopctl:
    """The command line with a state directory of its own."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KUBE"))}
        return {
            **kept,
            "SOPCTL_STATE_DIR": str(self.home / "state"),
            "SOPCTL_CONFIG_DIR": str(self.home / "config"),
            "NO_COLOR": "1",
            "COLUMNS": "120",
            **self.env,
        }

    def popen(self, *words, under=()):
        return subprocess.Popen(
            [*under, sys.executable, "-m", "sopctl", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=self.environment(),
        )

    def __call__(self, *words, code=0, timeout=150):
        with self.popen(*words) as process:
            out, err = process.communicate(timeout=timeout)
        said = f"$ sopctl {' '.join(words)}\n{out}\n{err}"
        assert process.returncode == code, said
        return out + err

    def json(self, *words, code=0):
        out = self(*words, "-o", "json", code=code)
        return [json.loads(line) for line in out.splitlines() if line.startswith(("{", "["))]

    def run(self, *words, **more):
        return self("run", *words, "--target", "sandbox", "--yes", "--reason", "test", **more)

    def roll_back(self, *words, **more):
        return self("rollback", *words, "--target", "sandbox", "--yes", "--reason", "test", **more)


@dataclass
class Outside:
    """The same world, seen by plain boto3 and the kubernetes client, without any sopctl code."""

    home: Path
    values: dict[str, str]

    def __post_init__(self):
        self.control = json.loads((self.home / "state" / "sandbox" / "control.json").read_text())
        settings = kubernetes_client.Configuration()
        kubernetes_config.load_kube_config(
            config_file=self.values["KUBECONFIG"], client_configuration=settings
        )
        settings.retries = False
        self.api = kubernetes_client.ApiClient(settings)
        self.autoscaling = boto3.client(  # somebody else's client, on purpose
            "autoscaling",
            endpoint_url=self.values["AWS_ENDPOINT_URL"],
            region_name=self.values["AWS_REGION"],
            aws_access_key_id=self.values["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.values["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 5}),
        )

    def close(self):
        self.autoscaling.close()
        self.api.rest_client.pool_manager.clear()

    def ask(self, method, path, body=None):
        """The sandbox's own control API."""
        request = urllib.request.Request(
            self.control["url"] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.control['token']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def get(self, path):
        params = self.api.param_serialize(
            method="GET", resource_path=path, auth_settings=["BearerToken"]
        )
        reply = self.api.call_api(*params, _request_timeout=(3, 15))
        return json.loads(reply.read())

    def patch(self, path, operations):
        params = self.api.param_serialize(
            method="PATCH",
            resource_path=path,
            header_params={"Content-Type": "application/json-patch+json"},
            body=operations,
            auth_settings=["BearerToken"],
        )
        reply = self.api.call_api(*params, _request_timeout=(3, 15))
        return json.loads(reply.read())

    def groups(self):
        pages = self.autoscaling.get_paginator("describe_auto_scaling_groups").paginate()
        return {g["AutoScalingGroupName"]: g for page in pages for g in page["AutoScalingGroups"]}

    def tags(self, name):
        return {t["Key"]: t["Value"] for t in self.groups()[name]["Tags"]}

    def dump(self):
        """Everything that sopctl may write, as other clients see it, without what always moves."""
        found = {f"asg/{name}": self._group(group) for name, group in self.groups().items()}
        for kind in OURS:
            for item in self.get(PATHS[kind])["items"]:
                found[self._key(kind, item)] = self._object(item)
        return found

    def _key(self, kind, item):
        meta = item["metadata"]
        return f"{kind}/{meta.get('namespace', '')}/{meta['name']}"

    def _object(self, item):
        meta = {k: v for k, v in item["metadata"].items() if k not in VOLATILE}
        spec = dict(item.get("spec", {}))
        return {"metadata": meta, "spec": spec, "data": item.get("data")}

    def _group(self, group):
        tags = sorted((t["Key"], t["Value"], t["PropagateAtLaunch"]) for t in group["Tags"])
        return {
            "tags": tags,
            "min": group["MinSize"],
            "max": group["MaxSize"],
            "suspended": sorted(p["ProcessName"] for p in group["SuspendedProcesses"]),
            "subnets": group["VPCZoneIdentifier"],
            "mixed": group.get("MixedInstancesPolicy"),
        }

    def mutations(self):
        """Mutating calls since the last reset, counted at the server."""
        calls = self.ask("GET", "/calls")
        rows = calls if isinstance(calls, list) else [c for side in calls.values() for c in side]
        return [call for call in rows if call["mutating"] and "sopctl" in call["user_agent"]]

    def forget_calls(self):
        self.ask("POST", "/calls/reset")


def differences(before, after):
    """What is not as it was, one line each."""
    lines = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old != new:
            lines.append(f"{key}: {old} -> {new}")
    return lines


def heads(home):
    """The runs in the journal and how long each is."""
    path = home / "state" / "journal.db"
    if not path.exists():
        return ()
    with SqliteStore(path, read_only=True) as store:
        return store.runs()


def finish(sopctl):
    """What a person would do after a crash: look at the status, and resume what is open."""
    for _ in range(6):
        rows = sopctl.json("status", "--target", "sandbox")
        if not any(row.get("state") == "interrupted" for row in rows):
            return
        sopctl("resume", "--target", "sandbox", "--yes", "--reason", "killed")
    raise AssertionError("still interrupted")


def announced(home):
    """How often the journals say that each object is about to be written, by its last name."""
    with SqliteStore(home / "state" / "journal.db", read_only=True) as store:
        records = [record for head in store.runs() for record in store.read(head.run)]
    legs = sum(record.kind == "leg" for record in records)
    again = sum(record.data["tries"] - 1 for record in records if record.kind == "unmarked")
    found = Counter()
    for record in records:
        rows = {
            "intent": [row["resource"] for row in record.data.get("items", ())],
            # Each touch is two writes, because one that changes nothing has no version.
            "fence": 2 * record.data.get("tries", 1) * [*record.data.get("resources", ())],
            # Bookkeeping: a leg that was killed at it leaves it to the next one to do again.
            "marking": (legs + again) * [mark["resource"] for mark in record.data.get("marks", ())],
        }
        found.update(row["name"].rpartition("/")[2] for row in rows.get(record.kind, ()))
    return found


def unannounced(sopctl, outside):
    """Objects that were written more often than announced: doubled, or without an intent."""
    calls = [c for c in outside.mutations() if "path" in c and "/leases" not in c["path"]]
    written = Counter(OBJECT.search(c["path"])["name"] for c in calls if c["method"] != "POST")
    written += Counter(
        OBJECT.search(c["path"])["name"] for c in calls if c["path"].endswith("/eviction")
    )
    allowed = announced(sopctl.home)
    assert written, "the sandbox saw no write at all"
    return {n: (number, allowed[n]) for n, number in written.items() if number > allowed[n]}
