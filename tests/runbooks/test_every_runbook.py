"""Every runbook that comes with sopctl, against the catalogs that come with it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml

from sopctl.actions.catalog import CATALOG as ACTIONS
from sopctl.checks.catalog import CATALOG as CHECKS
from sopctl.core.codec import Json
from sopctl.core.runbook import OnFailure, ReturnKind, Runbook, StepKind
from sopctl.facts.objects import spread
from sopctl.facts.snapshot import SHAPES
from sopctl.runbook import expressions, fitting, lint, loader, parameters
from sopctl.runbook.language import RunbookLanguage

KNOWN = lint.Known(actions=ACTIONS, checks=CHECKS, facts=SHAPES)
FILES = loader.available([loader.packaged()])

FACTS: Mapping[str, Json] = {
    "autoscaler": {"discovery_keys": ["k8s.io/cluster-autoscaler/enabled"]},
    "policies": {"served": True, "names": ["sopctl-relax-spread"], "bindings": []},
}
GIVEN: Mapping[str, Mapping[str, Json]] = {
    "az-failure": {"zone": "us-east-1a"},
    "capacity-headroom": {"at_least": 3},
    "node-group-drain": {"group": "web"},
    "rebalance-recommendation": {"node": "web-1"},
    "spot-interruption": {"node": "web-1"},
    "zonal-traffic-shift": {"zone": "us-east-1a"},
}


@pytest.fixture(params=sorted(FILES))
def runbook(request: pytest.FixtureRequest) -> Runbook:
    return lint.load(FILES[request.param], KNOWN)


def test_the_runbooks_of_the_first_set_are_there():
    assert {"az-failure", "prepare", "scale-down-freeze"} <= set(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_it_lints_clean_advice_included(name):
    assert [str(one) for one in lint.lint(FILES[name], KNOWN)] == []


def test_it_says_what_it_does_and_who_owns_it(runbook):
    assert runbook.title
    assert runbook.description
    assert runbook.owner
    assert runbook.reviewed


def test_every_parameter_explains_itself(runbook):
    assert all(parameter.help.endswith(".") for parameter in runbook.parameters)


def test_every_action_says_why(runbook):
    actions = [step for step in runbook.steps if step.kind is StepKind.ACTION]
    assert all(step.why.endswith(".") for step in actions)


def test_with_its_defaults_every_step_has_the_parameters_of_its_action(runbook):
    values = parameters.resolve(runbook.parameters, GIVEN.get(runbook.name, {}))
    env = {"params": values, "facts": FACTS}
    for step in (*runbook.before, *runbook.steps, *runbook.after):
        table = {StepKind.ACTION: ACTIONS, StepKind.CHECK: CHECKS}.get(step.kind, {})
        if step.uses in table:
            given = expressions.data(step.params, env)
            fitting.params(table[step.uses].params, given)
        if step.when and not expressions.references(step.when) - {f"params.{n}" for n in values}:
            assert RunbookLanguage().when(step.when, env) in (True, False)


def test_every_kind_that_is_touched_has_a_guardrail(runbook):
    kinds = {ACTIONS[step.uses].kind for step in runbook.steps if step.kind is StepKind.ACTION}
    assert kinds <= set(runbook.guardrails)


def test_plain_yaml_reads_the_same_data(runbook):
    """Nothing in the files depends on what is special about the strict reader."""
    document = loader.read(FILES[runbook.name]).document
    plain = yaml.safe_load(runbook.source)
    assert plain.keys() == document.data.keys()
    assert plain["steps"] == document.data["steps"]


@pytest.mark.parametrize(
    ("first", "then", "why"),
    [
        ("shift-first", "freeze-pods", "that is what it is for"),
        ("freeze-pods", "relax-spread", "a drop of load must not cost replicas meanwhile"),
        ("freeze-nodes", "evacuate", "emptied nodes would be removed"),
        ("freeze-karpenter", "leave-zone-karpenter", "its nodes would drift and be replaced"),
        ("guard-groups", "leave-zone", "the group would terminate what runs in the zone"),
        ("cordon", "move-controllers", "they would come back to the zone"),
        ("cordon", "evacuate", "pods would come back to the zone"),
        ("relax-spread", "remove-groups", "pods would wait for a zone that nothing grows in"),
        ("relax-spread", "leave-zone-karpenter", "as above"),
        ("relax-spread", "unblock", "pods would come back with the hard constraint"),
        ("unblock", "shift-traffic", "capacity first"),
        ("shift-traffic", "evacuate", "pods should not serve when they leave"),
    ],
)
def test_az_failure_keeps_its_order(first, then, why):
    """The order rules of the practice; the reason stands beside each."""
    steps = [step.id for step in lint.load(FILES["az-failure"], KNOWN).steps]
    assert steps.index(first) < steps.index(then), why


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("remove-groups", "relax-spread"),
        ("cordon", "relax-spread"),
        ("relax-spread", "shift-traffic"),
        ("leave-zone-karpenter", "freeze-karpenter"),
        ("leave-zone", "guard-groups"),
        ("freeze-pods", "freeze-nodes"),
    ],
)
def test_az_failure_comes_back_capacity_first(first, then):
    way_back = lint.load(FILES["az-failure"], KNOWN).way_back
    restored = [step for each in way_back for step in each.restore]
    assert restored.index(first) < restored.index(then)


@pytest.mark.parametrize(
    ("asked", "installed", "mode"),
    [
        ("auto", ["sopctl-relax-spread"], "policy"),
        ("auto", [], "workload"),
        ("policy", [], "policy"),
        ("workload", ["sopctl-relax-spread"], "workload"),
    ],
)
def test_az_failure_patches_workloads_only_where_the_policy_is_missing(asked, installed, mode):
    steps = lint.load(FILES["az-failure"], KNOWN).steps
    given = next(step for step in steps if step.id == "relax-spread").params
    env = {
        "params": {"zone": "us-east-1a", "spread": asked},
        "facts": {"policies": {"served": True, "names": installed, "bindings": []}},
    }
    assert expressions.data(given, env) == {"zone": "us-east-1a", "mode": mode}
    assert spread.POLICY in str(given["mode"])


def test_az_failure_goes_on_without_the_aws_control_plane():
    book = lint.load(FILES["az-failure"], KNOWN)
    of_aws = [s for s in (*book.before, *book.steps, *book.after) if s.uses.startswith("aws.")]
    assert len(of_aws) > 3
    assert {step.on_failure for step in of_aws} == {OnFailure.CONTINUE}


def test_az_failure_gives_capacity_back_before_it_lets_anything_shrink():
    stages = lint.load(FILES["az-failure"], KNOWN).way_back
    restored = [step for stage in stages for step in stage.restore]
    assert restored[0] == "remove-groups"
    assert restored.index("relax-spread") < restored.index("freeze-pods")
    assert restored.index("freeze-pods") < restored.index("freeze-nodes")
    assert restored[-1] == "guard-groups"
    assert next(s for s in stages if s.kind is ReturnKind.RESTORE).canary == 1
