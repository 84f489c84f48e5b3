from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import threading
import time
from urllib.parse import urlsplit

import pytest

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.faults import FaultRule
from tests.sandbox.k8s.clients import config_map
from tests.sandbox.k8s.conftest import NOON, TOKEN

MAPS = "/api/v1/namespaces/default/configmaps"
NODES = "/api/v1/nodes"


class Wire:
    """One kept-alive connection, close enough to the wire to see it break."""

    def __init__(self, server):
        parts = urlsplit(server.url)
        context = ssl.create_default_context(cadata=server.ca_pem)
        self.connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, context=context, timeout=10
        )

    def __call__(self, method, path, body=None, token=TOKEN):
        text = json.dumps(body) if body is not None else None
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection.request(method, path, body=text, headers=headers)
        response = self.connection.getresponse()
        return response, json.loads(response.read() or b"{}")


@pytest.fixture
def wire(server):
    wire = Wire(server)
    yield wire
    wire.connection.close()


def test_a_connection_is_kept_for_many_requests(wire):
    wire("GET", NODES)
    socket = wire.connection.sock
    assert wire("GET", "/version")[1]["minor"] == "36"
    assert wire.connection.sock is socket


def test_only_loopback_is_served(server):
    assert server.url.startswith("https://127.0.0.1:")


def test_an_injected_status_is_answered_as_often_as_ordered(server, wire):
    server.faults.append(FaultRule("GET", "/nodes", "status", 503, count=2))
    for _ in range(2):
        response, body = wire("GET", NODES)
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert body["reason"] == "ServiceUnavailable"
    assert wire("GET", NODES)[0].status == 200


def test_a_fault_hits_only_what_it_names(server, wire):
    server.faults.append(FaultRule("PATCH", "/deployments/web", "status", 500, count=None))
    assert wire("GET", NODES)[0].status == 200


def test_a_reset_changes_nothing(server, wire, cluster):
    server.faults.append(FaultRule("POST", "", "reset"))
    with pytest.raises(ConnectionError):
        wire("POST", MAPS, config_map())
    assert cluster.list("configmaps", "default") == []
    assert server.calls[-1].status == 0


def test_a_lost_reply_is_a_write_that_nobody_hears_of(server, wire, cluster):
    server.faults.append(FaultRule("POST", "", "lost_reply"))
    with pytest.raises(ConnectionError):
        wire("POST", MAPS, config_map())
    assert [item["metadata"]["name"] for item in cluster.list("configmaps", "default")] == [
        "settings"
    ]
    assert (server.calls[-1].status, server.calls[-1].mutating) == (0, True)


def test_a_delay_delays(server, wire):
    server.faults.append(FaultRule(kind="delay", value=0.3))
    before = time.monotonic()
    assert wire("GET", NODES)[0].status == 200
    assert time.monotonic() - before >= 0.3


def test_a_failed_reply_is_a_write_that_says_500(server, wire, cluster):
    server.faults.append(FaultRule("POST", "", "failed_reply"))
    response, body = wire("POST", MAPS, config_map())
    assert (response.status, body["reason"]) == (500, "InternalError")
    assert len(cluster.list("configmaps", "default")) == 1


def test_a_silent_server_holds_the_connection_and_changes_nothing(server, wire, cluster):
    server.faults.append(FaultRule("POST", "", "silence"))
    wire.connection.timeout = 0.3
    with pytest.raises(TimeoutError):
        wire("POST", MAPS, config_map())
    wire.connection.close()
    assert cluster.list("configmaps", "default") == []
    with contextlib.closing(Wire(server).connection) as other:
        other.request("GET", "/version")  # whoever asks next is answered, if only with a refusal
        assert other.getresponse().status == 401


def test_a_body_that_drips_comes_whole_and_late(server, wire, cluster):
    server.faults.append(FaultRule(kind="drip", value=0.4))
    before = time.monotonic()
    assert wire("GET", NODES)[1]["kind"] == "NodeList"
    assert time.monotonic() - before >= 0.3


def test_a_stale_list_shows_what_it_showed_when_that_began(server, wire):
    wire("POST", MAPS, config_map())
    server.faults.append(FaultRule(kind="stale", count=None))
    first = wire("GET", MAPS)[1]
    other = config_map()
    other["metadata"]["name"] = "other"
    assert wire("POST", MAPS, other)[0].status == 201  # a write is carried out
    assert wire("GET", MAPS)[1] == first
    server.faults.clear()
    assert len(wire("GET", MAPS)[1]["items"]) == 2


def test_a_rule_for_writes_spares_reads(server, wire):
    server.faults.append(FaultRule("writes", "", "status", 409, count=None))
    assert wire("GET", MAPS)[0].status == 200
    response, body = wire("POST", MAPS, config_map())
    assert (response.status, body["reason"]) == (409, "Conflict")


def test_an_improbable_fault_hits_some(server, wire):
    server.faults.append(FaultRule(value=503, count=None, probability=0.5))
    statuses = {wire("GET", NODES)[0].status for _ in range(30)}
    assert statuses == {200, 503}


def test_calls_are_journaled_with_their_user_and_effect(server, wire):
    wire("POST", f"{MAPS}?dryRun=All", config_map())
    wire("GET", NODES, token="wrong")
    dry, refused = server.calls
    assert (dry.method, dry.path, dry.query, dry.status) == ("POST", MAPS, {"dryRun": "All"}, 201)
    assert (dry.user, dry.mutating, dry.time) == ("sandbox-admin", False, NOON)
    assert (refused.user, refused.status) == ("system:anonymous", 401)


def test_a_dry_run_in_the_body_of_a_delete_is_one(server, wire, cluster):
    cluster.create("configmaps", config_map())
    before = cluster.dump()
    assert wire("DELETE", f"{MAPS}/settings", {"dryRun": ["All"]})[0].status == 200
    assert cluster.dump() == before
    assert not server.calls[-1].mutating


def test_another_cluster_can_be_served_at_the_same_address(server, wire, cluster):
    cluster.create("configmaps", config_map())
    server.exchange(Cluster(lambda: NOON, "1.35"))
    assert wire("GET", "/version")[1]["minor"] == "35"
    assert wire("GET", MAPS)[1]["items"] == []


def test_stopping_ends_watches(server, wire):
    ended = threading.Event()

    def follow():
        # How it ends is the client's affair; that it ends is ours.
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            wire("GET", f"{NODES}?watch=1")
        ended.set()

    thread = threading.Thread(target=follow)
    thread.start()
    while not server.calls:
        time.sleep(0.01)
    server.stop()
    assert ended.wait(5)
    thread.join()


def test_many_threads_lose_no_write(server, cluster):
    def work(number):
        wire = Wire(server)
        for index in range(10):
            wire("POST", MAPS, config_map(f"m-{number}-{index}"))
        wire.connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cluster.list("configmaps", "default")) == 80
