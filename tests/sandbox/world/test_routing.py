from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.sandbox.world.routing import Endpoints, Flow, downstream, enter, serve, spread, wholly

ZONES = st.sampled_from(["a", "b", "c"])


def endpoints() -> st.SearchStrategy[dict[str, Endpoints]]:
    counts = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(
        lambda two: Endpoints(listed=max(two), alive=min(two))
    )
    return st.dictionaries(ZONES, counts)


@given(st.dictionaries(ZONES, st.floats(0, 1000)), endpoints(), st.booleans(), st.booleans())
def test_no_request_is_invented_and_none_vanishes_while_anybody_is_listed(
    entry, found, crossing, strict
):
    received = spread(entry, found, crossing=crossing, strict=strict)

    total = sum(received.values())
    assert total <= sum(entry.values()) + 1e-6
    if any(each.listed for each in found.values()) and (crossing or not strict):
        assert total == pytest.approx(sum(entry.values()))


@given(endpoints(), st.floats(0, 1000), st.floats(1, 200), st.floats(0, 1))
def test_pods_never_serve_more_than_they_can_nor_than_they_were_asked(found, rps, pod_rps, loss):
    received = spread({"a": rps}, found, crossing=True, strict=True)
    flow = serve(rps, received, found, {"a": loss}, pod_rps)

    assert 0 <= flow.load <= 1 + 1e-9
    assert sum(flow.served.values()) <= rps + 1e-6
    for zone, served in flow.served.items():
        assert served <= found[zone].alive * pod_rps + 1e-6


def test_dns_answers_with_every_zone_when_all_are_closed():
    assert enter(90, ("a", "b", "c"), {"a"}) == {"b": 45, "c": 45}
    assert enter(90, ("a", "b", "c"), {"a", "b", "c"}) == {"a": 30, "b": 30, "c": 30}


def test_calls_inside_the_cluster_stay_in_the_zone_only_while_it_has_endpoints():
    """kube-proxy with trafficDistribution: PreferSameZone (KEP-4444)."""
    found = {"a": Endpoints(2, 2), "b": Endpoints(0, 0), "c": Endpoints(1, 1)}

    received = spread({"a": 30, "b": 30}, found, crossing=False, strict=False)
    assert received == {"a": pytest.approx(50), "b": 0, "c": pytest.approx(10)}


def test_callers_come_before_whom_they_call():
    calls = {
        ("shop", "db"): [("shop", "web")],  # closes a circle
        ("shop", "web"): [("shop", "cart"), ("shop", "gone")],
        ("shop", "cart"): [("shop", "db")],
    }
    order = downstream(calls)

    assert sorted(order) == sorted(calls)
    assert order.index(("shop", "web")) < order.index(("shop", "cart"))


def test_a_request_is_answered_wholly_when_every_callee_answers():
    def flow(good: float) -> Flow:
        return Flow(offered=100, served={"a": 100 * good}, load=0)

    web, cart, db = ("s", "web"), ("s", "cart"), ("s", "db")
    calls = {web: [cart, db], cart: [db], db: []}
    good = wholly([web, cart, db], calls, {web: flow(1), cart: flow(0.5), db: flow(0.9)})

    assert good[web] == pytest.approx(0.5 * 0.9 * 0.9)
