"""Side effects and denied permissions at the end of a plan."""

from __future__ import annotations

from dataclasses import replace

from sopctl.core.plan import Allowed, Permission, Plan, PlannedStep
from sopctl.core.runbook import StepKind
from sopctl.core.side_effect import Aspect, SideEffect
from sopctl.views import consequences, plan


def made(*effects, **more):
    step = PlannedStep(
        id="drain", kind=StepKind.ACTION, uses="k8s.node.drain", side_effects=effects
    )
    return Plan(
        runbook="r", title="t", digest="", params={}, target={"name": "x"}, steps=(step,), **more
    )


def text(lines):
    return ["".join(span for span, _ in each.spans) for each in lines]


def budget(number, *, bad=False):
    return SideEffect(aspect=Aspect.BUDGET, subject=f"shop/{number}", says="allows 0", bad=bad)


def test_without_any_the_plan_keeps_quiet():
    assert consequences.lines(made()) == []


def test_pods_that_restart_are_counted():
    some = [SideEffect(aspect=Aspect.RESTARTS, subject=f"shop/{n}", count=n) for n in (1, 2)]
    assert "pods that restart: 3: shop/1 (1), shop/2 (2)" in text(consequences.lines(made(*some)))


def test_of_many_the_worst_are_shown_and_the_rest_is_counted():
    shown = text(consequences.lines(made(*map(budget, range(6)), budget(9, bad=True))))
    assert shown[2].startswith("shop/9")
    assert "and 3 more, shown with --full" in shown
    full = text(consequences.lines(made(*map(budget, range(6))), full=True))
    assert sum(each.startswith("shop/") for each in full) == 6


def test_what_two_steps_say_alike_is_said_once():
    one = made(budget(1))
    twice = replace(one, steps=one.steps * 2)
    assert len(consequences.lines(twice)) == len(consequences.lines(one))


def test_denied_names_the_steps_that_it_blocks():
    denied = Permission(right="k8s:x pods", steps=("drain",), verdict=Allowed.DENIED)
    fine = Permission(right="k8s:get pods", steps=("drain",), verdict=Allowed.ALLOWED)
    shown = text(plan.lines(made(permissions=(denied, fine))))
    assert "denied: k8s:x pods, which drain needs" in shown
    assert not any("k8s:get pods" in each for each in shown)


def test_what_only_a_skipped_step_would_need_blocks_nothing():
    denied = Permission(right="k8s:x pods", steps=("drain",), verdict=Allowed.DENIED)
    whole = made(permissions=(denied,))
    skipped = replace(whole, steps=(replace(whole.steps[0], skipped="no"),))
    assert whole.blocked() == {"k8s:x pods": ("drain",)}
    assert skipped.blocked() == {}


def test_unknown_is_said_in_one_line():
    some = [
        Permission(right=f"a:{n}", steps=("drain",), verdict=Allowed.UNKNOWN, why="no answer")
        for n in range(3)
    ]
    shown = text(plan.lines(made(permissions=tuple(some))))
    assert "note: 3 permissions of 3 not known: no answer" in shown
