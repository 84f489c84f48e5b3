"""Ask a real kube-scheduler where it places pods, and write down what it decided.

    PYTHONPATH=. python tools/record_scheduler.py KUBECONFIG CASES.jsonl > RECORDED.jsonl

A line of CASES is a case in the short form of `tests/fakes/placements.py`: `nodes`, the `pods` that
sit on them, `budgets`, and `steps`, each with a `pod` to place. A recording is such a file too, so
it is recorded again from itself; its first line says from what it was recorded. More cases are
written by hand, or drawn by `tools/draw_scheduler_cases.py`.

The cluster must be empty and is the recorder's alone: an API server, etcd and a scheduler, without
kubelets and controllers (nobody evicts, and a node that never reports is not tainted). The API
server runs with `--disable-admission-plugins=ServiceAccount,TaintNodesByCondition`, the scheduler
with `--config tools/kube-scheduler.yaml`, which says why.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Container, Iterator
from pathlib import Path
from time import monotonic, sleep  # noqa: TID251 - a real cluster takes real time
from typing import Any

import kubernetes
from kubernetes.client.exceptions import ApiException

from tests.fakes import placements

Obj = dict[str, Any]

PATIENCE = 20.0  # seconds for a decision
QUIET = 0.1  # seconds in which the scheduler hears of everything that was written before
REFUSED, GONE = 400, 404
BUDGETS = "/apis/policy/v1beta1/namespaces/shop/poddisruptionbudgets"  # as 1.20 serves them


class Api:
    """Calls by path, with bodies as they are."""

    def __init__(self, kubeconfig: str) -> None:
        """Use the current context."""
        self._client = kubernetes.config.new_client_from_config(kubeconfig)

    def __call__(self, method: str, path: str, body: Obj | None = None) -> Obj:
        """Answer what the server answers."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json", "Content-Type": kind}
        sent = self._client.param_serialize(
            method=method,
            resource_path=path,
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = self._client.call_api(*sent)
        answer.read()
        if answer.status >= REFUSED:
            raise ApiException(http_resp=answer)
        found: Obj = json.loads(answer.data)
        return found


class Recorder:
    """Plays cases one after the other; each starts and ends with an empty cluster."""

    def __init__(self, api: Api) -> None:
        """Make what all cases need."""
        self._api = api
        for name in placements.NAMESPACES:
            self._create("/api/v1/namespaces", {"metadata": {"name": name}})
        for name in placements.CLASSES:
            path = "/apis/scheduling.k8s.io/v1/priorityclasses"
            self._create(path, placements.priority_class(name))

    def head(self) -> Obj:
        """Say from what this was recorded, and how."""
        version = self._api("GET", "/version")["gitVersion"]
        return {
            "recorded_from": f"kube-scheduler {version}",
            "configuration": "tools/kube-scheduler.yaml",
            "command": "PYTHONPATH=. python tools/record_scheduler.py KUBECONFIG CASES.jsonl",
        }

    def play(self, case: Obj) -> Obj:
        """Return a case with every decision beside its pod."""
        self._clear()
        for each in case["nodes"]:
            self._api("POST", "/api/v1/nodes", placements.node(each))
        for number, each in enumerate(case.get("pods", ())):
            made = placements.pod(each)
            self._api("POST", _pods(made), made)
            status = {"status": placements.status(each, number)}
            self._api("PATCH", f"{_path(made)}/status", status)
            if each.get("leaving"):
                self._api("DELETE", _path(made))
        for each in case.get("budgets", ()):
            made = placements.budget(each, "policy/v1beta1")
            self._api("POST", BUDGETS, made)
            status = {"status": made["status"]}
            self._api("PATCH", f"{BUDGETS}/{made['metadata']['name']}/status", status)
        left = {each["metadata"]["uid"] for each in self._leaving()}
        return {**case, "steps": [self._step(each["pod"], left) for each in case["steps"]]}

    def _step(self, short: Obj, left: Container[str]) -> Obj:
        """Place one pod; it is taken away again unless it was bound, and so are its victims.

        Those that had *left* before are nobody's victims.
        """
        sleep(QUIET)
        made = placements.pod(short)
        self._api("POST", _pods(made), made)
        found = self._decided(_path(made))
        home = found["spec"].get("nodeName")
        victims = [each for each in self._leaving() if each["metadata"]["uid"] not in left]
        if home and not victims:
            return {"pod": short, "node": home}
        for each in (found, *victims):
            self._delete(_path(each))
        # Sometimes victims on their way out let it in before anybody could read why it waited.
        said = {} if home else {"said": _verdict(found)["message"]}
        nominated = found["status"].get("nominatedNodeName") or home
        if not nominated:
            return {"pod": short, **said}
        names = sorted(each["metadata"]["name"] for each in victims)
        return {"pod": short, **said, "nominated": nominated, "victims": names}

    def _decided(self, path: str) -> Obj:
        """Return a pod as soon as the scheduler has decided about it."""
        until = monotonic() + PATIENCE
        while True:
            found = self._api("GET", path)
            if found["spec"].get("nodeName") or _verdict(found):
                return found
            if monotonic() > until:
                raise TimeoutError(path)
            sleep(0.01)

    def _all(self) -> list[Obj]:
        found: list[Obj] = self._api("GET", "/api/v1/pods")["items"]
        return found

    def _leaving(self) -> list[Obj]:
        return [each for each in self._all() if each["metadata"].get("deletionTimestamp")]

    def _clear(self) -> None:
        for each in self._all():
            self._delete(_path(each))
        for each in self._api("GET", "/api/v1/nodes")["items"]:
            self._delete(f"/api/v1/nodes/{each['metadata']['name']}")
        for each in self._api("GET", BUDGETS)["items"]:
            self._delete(f"{BUDGETS}/{each['metadata']['name']}")
        sleep(QUIET)

    def _create(self, path: str, body: Obj) -> None:
        try:
            self._api("GET", f"{path}/{body['metadata']['name']}")
        except ApiException as refused:
            if refused.status != GONE:
                raise
            self._api("POST", path, body)

    def _delete(self, path: str) -> None:
        """Delete at once: there is no kubelet that would confirm the end of a pod."""
        try:
            self._api("DELETE", path, {"gracePeriodSeconds": 0})
        except ApiException as refused:
            if refused.status != GONE:
                raise


def _pods(made: Obj) -> str:
    return f"/api/v1/namespaces/{made['metadata']['namespace']}/pods"


def _path(made: Obj) -> str:
    return f"{_pods(made)}/{made['metadata']['name']}"


def _verdict(pod: Obj) -> Obj:
    found = pod["status"].get("conditions") or ()
    return next((each for each in found if each["type"] == "PodScheduled"), {})


def lines(kubeconfig: str, cases: Path) -> Iterator[str]:
    """Yield the recording: a head, then a line for each case."""
    found = [json.loads(line) for line in cases.read_text(encoding="utf-8").splitlines()]
    recorder = Recorder(Api(kubeconfig))
    yield _compact(recorder.head())
    for each in found:
        if "case" in each:
            yield _compact(recorder.play(each))


def _compact(found: Obj) -> str:
    return json.dumps(found, separators=(",", ":"))


if __name__ == "__main__":
    for line in lines(sys.argv[1], Path(sys.argv[2])):
        print(line, flush=True)
