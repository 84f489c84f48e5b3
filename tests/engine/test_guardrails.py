"""How much a plan may touch: one less, as many, one more; all of one, none of none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sopctl.core.errors import GuardrailError
from sopctl.core.resource import ResourceId
from sopctl.core.runbook import DEFAULT_GUARDRAIL, Guardrail
from sopctl.engine.guardrails import enforce, excess, limit, objects


def ids(number, kind="node", part=""):
    return [ResourceId(kind, f"n{n}", f"u{n}", part) for n in range(number)]


def step(resources, population):
    changes = [SimpleNamespace(resource=each) for each in resources]
    return SimpleNamespace(changes=changes, population=population)


@pytest.mark.parametrize(
    ("count", "population", "allowed", "says"),
    [
        (0, 0, (0, 0), ""),
        (1, 1, (1, 10), ""),  # all of one: of fewer than ten a share says nothing
        (9, 9, (9, 10), ""),
        (4, 100, (5, 100), ""),
        (5, 100, (5, 100), ""),
        (6, 100, (5, 100), "6 node would be touched; the guardrail allows 5"),
        (1, 10, (99, 10), ""),
        (2, 10, (99, 10), "2 of 10 node (20 %) would be touched; the guardrail allows 10 %"),
        (32, 99, (99, 33), ""),
        (33, 99, (99, 33), "33 of 99 node (33.3 %) would be touched; the guardrail allows 33 %"),
        (33, 100, (99, 33), ""),
        (10, 10, (99, 99), "10 of 10 node (100 %) would be touched; the guardrail allows 99 %"),
        (1, 1, (0, 100), "1 node would be touched; the guardrail allows 0"),
    ],
)
def test_as_many_as_allowed_and_not_one_more(count, population, allowed, says):
    rail = Guardrail(count=allowed[0], percent=allowed[1])
    assert excess("node", ids(count), population, rail) == says


def test_parts_of_one_object_are_one_object():
    both = [*ids(3, part="a"), *ids(3, part="b")]
    assert objects(both) == 3
    assert excess("node", both, 100, Guardrail(count=3, percent=3)) == ""


def test_the_runbook_states_its_need_and_the_policy_is_the_ceiling():
    need, ceiling = Guardrail(count=50, percent=20), Guardrail(count=10, percent=60)
    assert limit("node", {}, {}) == DEFAULT_GUARDRAIL
    assert limit("node", {"node": need}, {}) == need
    assert limit("node", {}, {"node": ceiling}) == ceiling
    assert limit("node", {"node": need}, {"node": ceiling}) == Guardrail(count=10, percent=20)
    assert limit("pod", {"node": need}, {"node": ceiling}) == DEFAULT_GUARDRAIL


def test_steps_count_together_each_object_once_and_every_excess_is_named():
    rails = {kind: Guardrail(count=3, percent=100) for kind in ("node", "group")}
    fine = [step(ids(3), 9), step(ids(3, part="x"), 9), step(ids(2, "group"), 9)]
    enforce(fine, rails, {})

    with pytest.raises(GuardrailError) as caught:
        enforce([*fine, step(ids(4), 9), step(ids(5, "group"), 9)], rails, {})
    assert str(caught.value) == (
        "5 group would be touched; the guardrail allows 3; "
        "4 node would be touched; the guardrail allows 3"
    )
    assert caught.value.hint.startswith("Narrow the selection, or raise `guardrails`")
    with pytest.raises(GuardrailError):
        enforce(fine, rails, {"node": Guardrail(count=2, percent=100)})


def test_a_share_is_of_the_largest_population_that_a_step_saw():
    rails = {"node": Guardrail(count=99, percent=10)}
    enforce([step(ids(1), 12), step(ids(2), 20), step(ids(1), 3)], rails, {})
    with pytest.raises(GuardrailError, match="3 of 20 node"):
        enforce([step(ids(3), 12), step(ids(2), 20)], rails, {})
    enforce([step([], 0)], rails, {})
