from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sopctl.core.errors import (
    ConflictError,
    FencedError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProviderError,
    RefusedError,
    TemporaryError,
    ThrottledError,
    UnreachableError,
    WrongTargetError,
)
from sopctl.providers.answers import AnsweredError, LostReplyError, Reply
from sopctl.providers.k8s import JSON_PATCH, MERGE_PATCH, K8s
from sopctl.providers.limits import CallNote
from sopctl.sandbox.k8s.faults import FaultRule
from sopctl.sandbox.k8s.request import User
from tests import dead_ends
from tests.laws import call
from tests.local import QUICK, TOKEN, Local

MAPS = "/api/v1/namespaces/default/configmaps"
MAP = f"{MAPS}/settings"


def create(k8s: K8s, name: str = "settings", guard: Callable[[], None] = lambda: None) -> Reply:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}}
    return k8s.write(call(guard=guard), "POST", MAPS, body)


def sent(local: Local, method: str, path: str = MAPS) -> int:
    return sum(each.method == method and each.path == path for each in local.kube.calls)


def elsewhere(local: Local, address: str, **limits: Any) -> K8s:
    """A client of *address* in place of the sandbox."""
    path = Path(local.target.kubeconfig)
    path.write_text(path.read_text().replace(local.kube.url, f"https://{address}"))
    return local.connect(limits=replace(QUICK, **limits)).k8s


def test_a_write_carries_manager_agent_and_an_audit_id_of_its_own(local: Local) -> None:
    reply = create(local.world.k8s)
    (seen,) = [each for each in local.kube.calls if each.method == "POST" and each.path == MAPS]
    assert seen.query["fieldManager"] == "sopctl"
    assert seen.user_agent == "sopctl/test run/RUN"
    assert seen.audit_id == reply.request
    assert reply.data["metadata"]["uid"]
    managers = reply.data["metadata"]["managedFields"]
    assert {each["manager"] for each in managers} == {"sopctl"}


def test_a_resend_of_one_attempt_has_the_same_audit_id_and_another_request_has_not(
    local: Local,
) -> None:
    first = create(local.world.k8s)
    local.cluster.delete("configmaps", "settings", "default")
    assert create(local.world.k8s).request == first.request
    other = local.world.k8s.write(
        call(), "PATCH", MAP, {"data": {"a": "2"}}, content_type=MERGE_PATCH
    )
    again = local.world.k8s.write(
        call(), "PATCH", MAP, {"data": {"a": "3"}}, content_type=MERGE_PATCH
    )
    assert len({first.request, other.request, again.request}) == 3


def test_a_write_whose_reply_is_lost_was_sent_once_and_is_unknown(local: Local) -> None:
    local.kube.faults.append(FaultRule(method="POST", path_regex="configmaps", kind="lost_reply"))
    with pytest.raises(LostReplyError) as unknown:
        create(local.world.k8s)
    assert sent(local, "POST") == 1
    assert unknown.value.requests == (local.kube.calls[-1].audit_id,)
    assert local.cluster.get("configmaps", "settings", "default")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_no_method_is_ever_resent(local: Local, method: str) -> None:
    create(local.world.k8s)
    local.kube.faults.append(
        FaultRule(method=method, path_regex="configmaps", kind="lost_reply", count=None)
    )
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
    kind = MERGE_PATCH if method == "PATCH" else ""
    with pytest.raises(OutcomeUnknownError):
        local.world.k8s.write(call(), method, MAP, body, content_type=kind)
    assert sent(local, method, MAP) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_leaves_a_write_unknown(local: Local, status: int) -> None:
    local.kube.faults.append(FaultRule(method="POST", path_regex="configmaps", value=status))
    with pytest.raises(OutcomeUnknownError):
        create(local.world.k8s)
    assert sent(local, "POST") == 1


def test_a_write_without_an_answer_is_unknown_after_the_read_timeout(local: Local) -> None:
    k8s = local.connect(limits=replace(QUICK, read=0.3)).k8s
    k8s.prove(f"Bearer {TOKEN}")
    local.kube.faults.append(
        FaultRule(method="POST", path_regex="configmaps", kind="delay", value=1.0)
    )
    with pytest.raises(OutcomeUnknownError):
        create(k8s)
    time.sleep(1.2)
    assert sent(local, "POST") == 1


@pytest.mark.parametrize("kind", ["status", "reset", "lost_reply"])
def test_a_read_is_asked_again(local: Local, kind: str) -> None:
    local.kube.faults.append(FaultRule(path_regex="/nodes", kind=kind, count=2))  # type: ignore[arg-type]
    assert local.world.k8s.list("/api/v1/nodes") == []


def test_a_throttled_write_was_not_executed_and_is_not_repeated(local: Local) -> None:
    local.kube.faults.append(FaultRule(method="POST", path_regex="configmaps", value=429))
    with pytest.raises(ThrottledError):
        create(local.world.k8s)
    assert sent(local, "POST") == 1
    assert local.cluster.get("configmaps", "settings", "default") is None


def test_a_refused_connection_is_unreachable_for_reads_and_writes(local: Local) -> None:
    k8s = elsewhere(local, dead_ends.refusing())
    with pytest.raises(UnreachableError):
        k8s.get("/version")
    with pytest.raises(UnreachableError):
        create(k8s)


def test_a_swallowed_connection_is_given_up_in_time(local: Local) -> None:
    with dead_ends.black_hole() as address:
        k8s = elsewhere(local, address, connect=0.3)
        started = time.monotonic()
        with pytest.raises(UnreachableError):
            k8s.get("/version")
        assert time.monotonic() - started < 10.0, (
            "the SDK alone would wait for a minute, or for ever"
        )


def test_a_peer_that_never_greets_was_sent_nothing(local: Local) -> None:
    """TLS is not agreed, so no byte of the write has left: certainly not executed."""

    class Proved(K8s):
        def prove(self, authorization: str) -> None:
            """The identity is known from before."""

    called: list[int] = []
    with dead_ends.silent() as address:
        target = elsewhere(local, address).target
        k8s = Proved(target, limits=replace(QUICK, read=0.3, connect=0.3))
        with pytest.raises(UnreachableError):
            create(k8s, guard=lambda: called.append(1))
        k8s.close()
    assert called == [], "the guard is asked when the bytes are about to leave, not before"


def test_a_certificate_of_somebody_else_is_unreachable(local: Local, tmp_path: Path) -> None:
    config = local.kubeconfig({"token": TOKEN})
    del config["clusters"][0]["cluster"]["certificate-authority-data"]
    Path(local.target.kubeconfig).write_text(json.dumps(config))
    with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        create(local.connect().k8s)
    assert local.mutations() == 0


def test_the_guard_runs_before_the_bytes_and_can_stop_them(local: Local) -> None:
    def fenced() -> None:
        raise FencedError("the lease is lost")

    with pytest.raises(FencedError):
        create(local.world.k8s, guard=fenced)
    assert sent(local, "POST") == 0
    called: list[int] = []
    create(local.world.k8s, guard=lambda: called.append(sent(local, "POST")))
    assert called == [0]


def test_reads_reviews_and_dry_runs_have_no_guard_and_change_nothing(local: Local) -> None:
    k8s = local.world.k8s
    before = local.dump()
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dry"}}
    assert k8s.dry_run("POST", MAPS, body)["metadata"]["name"] == "dry"
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    assert k8s.review(path, review)["status"]["userInfo"]["username"] == "sandbox-admin"
    assert local.mutations() == 0
    assert local.dump() == before


def test_another_cluster_is_refused_before_the_first_write(local: Local) -> None:
    k8s = local.connect(target=replace(local.target, cluster_uid="not-this-one")).k8s
    with pytest.raises(WrongTargetError, match="not-this-one"):
        create(k8s)
    assert local.mutations() == 0


def test_the_pinned_cluster_is_proved_once_for_many_writes(local: Local) -> None:
    uid, server, user = local.world.k8s.identity()
    assert (server, user) == (local.kube.url, "sandbox-admin")
    k8s = local.connect(target=replace(local.target, cluster_uid=uid)).k8s
    local.kube.calls.clear()
    for name in "abc":
        create(k8s, name)
    assert sent(local, "GET", "/api/v1/namespaces/kube-system") == 1


def plugin(local: Local, folder: Path, *answers: tuple[str, int]) -> Path:
    """An exec plugin that gives *answers* (token, seconds of life) in turn, then the last one."""
    count, script = folder / "runs", folder / "plugin.py"
    script.write_text(
        "import datetime, json, pathlib, time\n"
        f"path = pathlib.Path({str(count)!r})\n"
        "n = len(path.read_text()) if path.exists() else 0\n"
        "path.write_text('x' * (n + 1))\n"
        "time.sleep(0.1)\n"
        f"answers = {list(answers)!r}\n"
        "token, life = answers[min(n, len(answers) - 1)]\n"
        "end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=life)\n"
        "status = {'token': token, 'expirationTimestamp': f'{end:%Y-%m-%dT%H:%M:%SZ}'}\n"
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1',\n"
        "    'kind': 'ExecCredential', 'status': status}))\n"
    )
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": [str(script)],
            "interactiveMode": "Never",
        }
    }
    Path(local.target.kubeconfig).write_text(json.dumps(local.kubeconfig(user)))
    return count


def test_eight_threads_at_expiry_run_the_credential_plugin_once(
    local: Local, tmp_path: Path
) -> None:
    runs = plugin(local, tmp_path, (TOKEN, -60), (TOKEN, 3600))
    k8s = local.connect().k8s
    k8s._open()  # the first run
    ready = threading.Barrier(8)

    def read() -> None:
        ready.wait()
        k8s.get("/version")

    threads = [threading.Thread(target=read) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(runs.read_text()) == 2


def test_a_401_renews_the_credentials_once_and_proves_them_again(
    local: Local, tmp_path: Path
) -> None:
    runs = plugin(local, tmp_path, ("old", 3600), (TOKEN, 3600))
    local.kube.users["old"] = User(name="sandbox-admin", groups=("system:masters",))
    k8s = local.connect().k8s
    k8s.prove("Bearer old")
    del local.kube.users["old"]
    local.kube.calls.clear()
    create(k8s)
    assert len(runs.read_text()) == 2
    assert [
        each.status for each in local.kube.calls if each.method == "POST" and each.path == MAPS
    ] == [401, 201]
    assert sent(local, "GET", "/api/v1/namespaces/kube-system") == 1


def test_credentials_that_ended_before_the_first_write_are_renewed_and_not_mistaken(
    local: Local, tmp_path: Path
) -> None:
    uid, _, _ = local.world.k8s.identity()
    plugin(local, tmp_path, ("old", 3600), (TOKEN, 3600))
    k8s = local.connect(target=replace(local.target, cluster_uid=uid)).k8s
    create(k8s)
    assert local.cluster.get("configmaps", "settings", "default")


def test_a_pinned_cluster_whose_identity_may_not_be_read_is_not_written_to(local: Local) -> None:
    local.kube.faults.append(FaultRule(path_regex="kube-system", value=403, count=None))
    k8s = local.connect(target=replace(local.target, cluster_uid="pinned")).k8s
    with pytest.raises(PermissionDeniedError, match="may not be read"):
        create(k8s)
    assert local.mutations() == 0


@pytest.mark.parametrize(
    "text", ["a: [", "", "[]", "hello", "clusters: 3", "current-context: x", "- a"]
)
def test_a_kubeconfig_that_makes_no_sense_is_a_refusal(local: Local, text: str) -> None:
    Path(local.target.kubeconfig).write_text(text)
    with pytest.raises(RefusedError, match="kubeconfig") as caught:
        local.connect().k8s.get("/version")
    assert "' object" not in caught.value.summary, "what Python says of it helps nobody"


def test_renewed_credentials_of_another_user_stop_the_write(local: Local, tmp_path: Path) -> None:
    plugin(local, tmp_path, ("old", 3600), (TOKEN, 3600))
    local.kube.users["old"] = User(name="alice", groups=("system:masters",))
    k8s = local.connect().k8s
    k8s.prove("Bearer old")
    del local.kube.users["old"]
    with pytest.raises(WrongTargetError, match="alice and are now of sandbox-admin"):
        create(k8s)
    assert local.cluster.get("configmaps", "settings", "default") is None


def test_a_401_that_stays_is_a_refusal(local: Local) -> None:
    Path(local.target.kubeconfig).write_text(json.dumps(local.kubeconfig({"token": "wrong"})))
    with pytest.raises(PermissionDeniedError):
        local.connect().k8s.get("/api/v1/nodes")


def test_a_plugin_that_fails_is_a_refusal_naming_it(local: Local, tmp_path: Path) -> None:
    plugin(local, tmp_path, (TOKEN, 3600))
    (tmp_path / "plugin.py").write_text("raise SystemExit(1)")
    with pytest.raises(RefusedError, match="gave no credentials"):
        local.connect().k8s.get("/version")


def test_a_kubeconfig_that_is_not_there_is_a_refusal(local: Local) -> None:
    target = replace(local.target, kubeconfig="/nowhere/kubeconfig")
    with pytest.raises(RefusedError, match="no kubeconfig at /nowhere"):
        local.connect(target=target).k8s.get("/version")


def test_a_context_that_is_not_there_is_a_refusal(local: Local) -> None:
    with pytest.raises(RefusedError, match="nobody"):
        local.connect(target=replace(local.target, context="nobody")).k8s.get("/version")


def test_a_list_reads_all_pages(local: Local) -> None:
    for number in range(7):
        create(local.world.k8s, f"map-{number}")
    local.kube.calls.clear()
    found = local.world.k8s.list(MAPS, limit=3)
    assert [each["metadata"]["name"] for each in found] == [f"map-{n}" for n in range(7)]
    assert sent(local, "GET") == 3


def test_a_list_whose_snapshot_expired_starts_again(local: Local) -> None:
    for number in range(5):
        create(local.world.k8s, f"map-{number}")
    local.kube.faults.append(FaultRule(path_regex="continue=", value=410))
    found = local.world.k8s.list(MAPS, limit=3)
    assert [each["metadata"]["name"] for each in found] == [f"map-{n}" for n in range(5)]


def test_selectors_travel_as_the_query(local: Local) -> None:
    create(local.world.k8s)
    assert local.world.k8s.list(MAPS, labelSelector="app=none") == []
    assert len(local.world.k8s.list(MAPS, fieldSelector="metadata.name=settings")) == 1


def test_what_is_not_there_is_not_found(local: Local) -> None:
    with pytest.raises(NotFoundError):
        local.world.k8s.get(MAP)


def test_a_failed_test_of_a_patch_is_a_conflict(local: Local) -> None:
    create(local.world.k8s)
    patch = [
        {"op": "test", "path": "/data/a", "value": "2"},
        {"op": "replace", "path": "/data/a", "value": "3"},
    ]
    with pytest.raises(ConflictError):
        local.world.k8s.write(call(), "PATCH", MAP, patch, content_type=JSON_PATCH)


def test_a_version_that_is_not_the_stored_one_is_a_conflict(local: Local) -> None:
    create(local.world.k8s)
    body = {"metadata": {"resourceVersion": "1"}, "data": {"a": "2"}}
    with pytest.raises(ConflictError):
        local.world.k8s.write(call(), "PATCH", MAP, body, content_type=MERGE_PATCH)


def test_an_object_that_is_there_already_is_a_conflict(local: Local) -> None:
    create(local.world.k8s)
    with pytest.raises(ConflictError):
        create(local.world.k8s)


def test_an_invalid_object_is_answered_with_status_and_body(local: Local) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "Not A Name"}}
    with pytest.raises(AnsweredError) as answer:
        local.world.k8s.write(call(), "POST", MAPS, body)
    assert answer.value.status == 422
    assert answer.value.body["reason"] == "Invalid"


def test_the_version_is_two_numbers(local: Local) -> None:
    assert local.world.k8s.version() == (1, 36)


def test_every_call_is_noted_with_its_outcome(local: Local) -> None:
    notes: list[CallNote] = []
    k8s = local.connect(on_call=notes.append).k8s
    create(k8s)
    with pytest.raises(ConflictError):
        create(k8s)
    writes = [each for each in notes if each.mutating]
    assert [each.error for each in writes] == ["", "ConflictError"]
    assert writes[0].operation == f"POST {MAPS}"


def test_a_read_that_gives_up_says_that_nothing_was_executed(local: Local) -> None:
    local.kube.faults.append(FaultRule(path_regex="/nodes", value=503, count=None))
    with pytest.raises(TemporaryError):
        local.world.k8s.list("/api/v1/nodes")
    assert sent(local, "GET", "/api/v1/nodes") == QUICK.attempts


def test_an_answer_without_end_is_not_read_to_its_end(local: Local) -> None:
    with dead_ends.endless() as address:
        k8s = plainly(local, address)
        before = _peak_memory()
        with pytest.raises(ProviderError, match="the answer is longer than 96 MB"):
            k8s.get("/api/v1/nodes")
        assert _peak_memory() - before < 300 * 2**10  # kB


def plainly(local: Local, address: str) -> K8s:
    """A client of *address*, without TLS."""
    path = Path(local.target.kubeconfig)
    config = json.loads(path.read_text())
    config["clusters"][0]["cluster"] = {"server": f"http://{address}"}
    path.write_text(json.dumps(config))
    return local.connect(target=replace(local.target, account="", cluster_uid="")).k8s


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
