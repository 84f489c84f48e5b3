"""What became different about the target while a run was quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sopctl.app.drift import FACTS_LAST, differences, moved
from sopctl.core.errors import UnreachableError
from sopctl.core.resource import ResourceId
from sopctl.engine.state import RunState
from tests.views.scenes import PLAN, START


class Clock:
    def __init__(self, seconds):
        self.seconds = seconds

    def now(self):
        return START + timedelta(seconds=self.seconds)


class Facts:
    def __init__(self, **known):
        self.known = known

    def read(self, name):
        if name not in self.known:
            raise UnreachableError("no answer")
        return self.known[name]


@pytest.fixture
def state():
    plan = replace(PLAN, facts={"autoscaler": {"version": "1.36", "name": "ca"}, "zones": []})
    return RunState(run="R", plan=plan, last=START)


def test_a_run_that_was_quiet_is_compared_field_by_field(state):
    facts = Facts(autoscaler={"version": "1.37", "name": "ca"}, zones=[])

    assert moved(state, Clock(FACTS_LAST), facts) == [("facts.autoscaler.version", "1.36", "1.37")]


def test_a_run_that_was_just_there_is_not(state):
    facts = Facts(autoscaler={"version": "1.37", "name": "ca"}, zones=[])

    assert moved(state, Clock(FACTS_LAST - 1), facts) == []


def test_a_fact_that_cannot_be_read_is_left_out(state):
    assert moved(state, Clock(FACTS_LAST), Facts(zones=["a"])) == [("facts.zones", [], ["a"])]


def test_a_field_that_came_or_went_is_a_difference():
    assert differences("f", {"a": 1}, {"b": 2}) == [("f.a", 1, None), ("f.b", None, 2)]


def test_what_the_run_did_itself_is_no_difference():
    ours = [ResourceId("k8s.spread_binding", "relax"), ResourceId("aws.asg", "web-a", "arn", "k/x")]
    then = {"bindings": [], "groups": [{"name": "web-a", "tags": {"k/x": "true"}, "max": 3}]}
    now = {"bindings": ["relax"], "groups": [{"name": "web-a", "tags": {}, "max": 3}]}

    assert differences("f", then, now, ours) == []
    assert len(differences("f", then, now)) == 2


def test_what_somebody_else_did_to_the_same_things_is_a_difference():
    ours = [ResourceId("k8s.spread_binding", "relax"), ResourceId("aws.asg", "web-a", "arn", "k/x")]
    then = {"bindings": [], "groups": [{"name": "web-a", "tags": {"k/x": "true"}, "max": 3}]}
    now = {"bindings": ["relax", "theirs"], "groups": [{"name": "web-a", "tags": {}, "max": 5}]}

    assert differences("f", then, now, ours) == [
        ("f.bindings", [], ["relax", "theirs"]),
        ("f.groups.web-a.max", 3, 5),
    ]
