"""Ask the providers, while the plan is made and right after, whether it may be carried out.

Nobody waits for the answers longer than PATIENCE, and nothing depends on them: what cannot be
asked is unknown. It costs one round trip more than the plan alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, Final

from sopctl.core.errors import SopError
from sopctl.core.permission import Right
from sopctl.core.plan import Allowed, Permission, Plan
from sopctl.core.target import Identity
from sopctl.facts.world import World
from sopctl.permissions import questions
from sopctl.permissions.gather import ENGINE, Need
from sopctl.permissions.iam import FREE
from sopctl.permissions.questions import Group, Simulation
from sopctl.permissions.scope import Scope

PATIENCE: Final = 3.0  # seconds of this machine
AT_ONCE: Final = 16
Answer = tuple[Allowed, str]


class Preflight:
    """The questions of one plan; the first of them are asked at once."""

    def __init__(self, world: World, needs: Sequence[Need], identity: Identity) -> None:
        self._world, self._needs, self._identity = world, needs, identity
        # Threads of its own, so that no read of the plan waits behind a question.
        pool = self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="preflight")
        self._role: Future[str] | None = None
        self._reviews: dict[Right, Future[Answer]] = {}
        if identity.account:
            self._role = pool.submit(self._source)
        if identity.server:
            self._reviews = {
                need.right: pool.submit(self._review, need.right)
                for need in needs
                if not need.right.aws
            }

    def verdicts(self, plan: Plan) -> tuple[Permission, ...]:
        """For every permission, whether it is there; simulated on a group that *plan* changes."""
        simulated = [
            (each, self._pool.submit(self._simulate, each)) for each in self._simulations(plan)
        ]
        asking: list[Future[Any]] = [*self._reviews.values(), *(asked for _, asked in simulated)]
        wait(asking, timeout=PATIENCE)
        self._pool.shutdown(wait=False, cancel_futures=True)
        known = {right: _answer(asked) for right, asked in self._reviews.items()}
        for each, asked in simulated:
            late = asked.cancelled() or not asked.done()
            known |= _all(each, "IAM does not answer in time") if late else asked.result()
        return tuple(self._permission(need, known) for need in self._needs)

    def _permission(self, need: Need, known: Mapping[Right, Answer]) -> Permission:
        right = need.right
        silent: Answer = (Allowed.UNKNOWN, "its provider does not answer")
        free = (right.service, right.act) in FREE
        verdict, why = (Allowed.ALLOWED, "") if free else known.get(right, silent)
        return Permission(right=str(right), steps=need.steps, verdict=verdict, why=why)

    def _review(self, right: Right) -> Answer:
        try:
            status = self._world.k8s.review(questions.ACCESS, dict(questions.access_review(right)))
        except SopError as error:
            return Allowed.UNKNOWN, error.summary
        found: Mapping[str, Any] = status.get("status") or {}
        if found.get("allowed"):
            return Allowed.ALLOWED, ""
        return Allowed.DENIED, str(found.get("reason") or "")

    def _source(self) -> str:
        """The ARN that IAM wants, whose path only IAM knows."""
        caller = self._identity.caller
        name = questions.role_name(caller)
        if not name:
            return caller
        try:
            return str(self._world.aws.once("iam", "get_role", RoleName=name)["Role"]["Arn"])
        except SopError:
            return questions.role_arn(caller)

    def _simulations(self, plan: Plan) -> Iterator[Simulation]:
        if self._role is None:
            return
        scope = Scope(account=self._identity.account, region=self._identity.region)
        yield from questions.simulations(self._needs, scope, self._group(plan))

    def _group(self, plan: Plan) -> Group | None:
        """A group that the plan changes, from the facts that it was made from."""
        arns = [
            change.resource.incarnation
            for step in plan.steps
            for change in step.changes
            if change.resource.kind == "aws.asg"
        ]
        if not arns:
            return None
        try:
            found = next((e for e in self._world.facts.groups() if e.arn == arns[0]), None)
        except SopError:
            return None
        if found is None:
            return None
        return Group(arn=found.arn, tags={key: tag.value for key, tag in found.tags.items()})

    def _simulate(self, asked: Simulation) -> Mapping[Right, Answer]:
        assert self._role is not None
        try:
            source = self._role.result(timeout=PATIENCE)
            answer = self._world.aws.once(
                "iam", "simulate_principal_policy", **asked.arguments(source)
            )
        except (SopError, TimeoutError) as error:
            return _all(asked, getattr(error, "summary", "IAM does not answer in time"))
        told = {each["EvalActionName"].lower(): each for each in answer["EvaluationResults"]}
        return {
            right: _decision(told.get(f"{right.service}:{right.act}".lower(), {}))
            for right in asked.rights
        }


def of_return(told: Sequence[Permission], plan: Plan) -> tuple[Permission, ...]:
    """Of the permissions of a runbook those that its way back needs, by the steps of *plan*."""
    names: dict[str, list[str]] = {ENGINE: [ENGINE]}
    for step in plan.steps:
        names.setdefault(step.source_step or step.id, []).append(step.id)
    moved = [
        replace(each, steps=tuple(name for step in each.steps for name in names.get(step, ())))
        for each in told
    ]
    return tuple(each for each in moved if each.steps)


def _answer(asked: Future[Answer]) -> Answer:
    if asked.cancelled() or not asked.done():
        return Allowed.UNKNOWN, "no answer in time"
    return asked.result()


def _all(asked: Simulation, why: str) -> Mapping[Right, Answer]:
    return dict.fromkeys(asked.rights, (Allowed.UNKNOWN, why))


def _decision(told: Mapping[str, Any]) -> Answer:
    """What depends on context that we could not give is not known."""
    decision = str(told.get("EvalDecision", ""))
    if decision == "allowed":
        return Allowed.ALLOWED, ""
    missing = told.get("MissingContextValues") or ()
    if decision == "implicitDeny" and missing:
        return Allowed.UNKNOWN, f"it depends on {', '.join(missing)}"
    if decision in ("implicitDeny", "explicitDeny"):
        return Allowed.DENIED, decision
    return Allowed.UNKNOWN, "IAM did not say"
