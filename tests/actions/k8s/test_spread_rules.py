from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sopctl.actions.k8s.spread_rules import SOFT, relax
from sopctl.facts.objects.spread import is_hard

ZONE, SPOT, HOST = "topology.kubernetes.io/zone", "capacity", "kubernetes.io/hostname"
KEYS = (ZONE, SPOT)


def constraint(key=ZONE, when="DoNotSchedule", **fields):
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": when,
        "labelSelector": {"matchLabels": {"app": "web"}},
        **fields,
    }


def _valid(constraints):
    """As the API accepts them: pairs of key and rule are unique, minDomains is hard only."""
    found = {}
    for each in constraints:
        when = each.get("whenUnsatisfiable", "DoNotSchedule")
        kept = {k: v for k, v in each.items() if when == "DoNotSchedule" or k != "minDomains"}
        found.setdefault((each["topologyKey"], when), kept)
    return list(found.values())


lists = st.lists(
    st.fixed_dictionaries(
        {"topologyKey": st.sampled_from([ZONE, SPOT, HOST]), "maxSkew": st.integers(1, 3)},
        optional={
            "whenUnsatisfiable": st.sampled_from(["DoNotSchedule", SOFT]),
            "labelSelector": st.sampled_from([{}, {"matchLabels": {"app": "web"}}]),
            "minDomains": st.integers(1, 3),
            "nodeTaintsPolicy": st.sampled_from(["Honor", "Ignore"]),
            "matchLabelKeys": st.just(["pod-template-hash"]),
        },
    ),
    max_size=6,
).map(_valid)


def test_a_hard_constraint_beside_its_soft_twin_is_removed():
    soft = constraint(when=SOFT, maxSkew=3)
    assert relax([constraint(), soft], KEYS) == [soft]


def test_another_hard_constraint_becomes_soft_and_loses_min_domains():
    assert relax([constraint(minDomains=3, maxSkew=2)], KEYS) == [constraint(when=SOFT, maxSkew=2)]


def test_everything_else_of_it_and_other_keys_stay():
    hard = constraint(nodeTaintsPolicy="Honor", matchLabelKeys=["pod-template-hash"])
    other = constraint(HOST, minDomains=2)
    assert relax([hard, other], KEYS) == [{**hard, "whenUnsatisfiable": SOFT}, other]


def test_an_absent_rule_is_hard():
    old = constraint()
    del old["whenUnsatisfiable"]
    assert relax([old], KEYS) == [constraint(when=SOFT)]


def test_a_constraint_that_selects_nothing_is_left_alone():
    idle = constraint()
    del idle["labelSelector"]
    assert relax([idle], KEYS) == [idle]


@given(lists)
def test_nothing_on_the_keys_is_hard_afterwards(constraints):
    assert not any(is_hard(each, KEYS) for each in relax(constraints, KEYS))


@given(lists)
def test_relaxing_twice_is_relaxing_once(constraints):
    once = relax(constraints, KEYS)
    assert relax(once, KEYS) == once


@given(lists)
def test_the_api_accepts_what_comes_out(constraints):
    relaxed = relax(constraints, KEYS)
    pairs = [(e["topologyKey"], e.get("whenUnsatisfiable", "DoNotSchedule")) for e in relaxed]
    assert len(set(pairs)) == len(pairs)
    assert not any("minDomains" in e for e in relaxed if e.get("whenUnsatisfiable") == SOFT)


@given(lists)
def test_every_key_that_was_spread_is_still_spread_and_the_rest_is_as_it_was(constraints):
    relaxed = relax(constraints, KEYS)
    assert {e["topologyKey"] for e in relaxed} == {e["topologyKey"] for e in constraints}
    untouched = [e for e in constraints if not is_hard(e, KEYS)]
    assert [e for e in relaxed if e in untouched] == untouched


@given(lists)
def test_the_input_is_not_changed(constraints):
    copy = [dict(each) for each in constraints]
    relax(constraints, KEYS)
    assert constraints == copy
