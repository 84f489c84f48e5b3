"""A fixed plan and a fixed run for the screens."""

from __future__ import annotations

from datetime import UTC, datetime

from sopctl.core.action import Undo
from sopctl.core.codec import encode
from sopctl.core.journal import GENESIS, Head, Record
from sopctl.core.plan import Fidelity, Joined, Plan, PlannedChange, PlannedStep
from sopctl.core.resource import ResourceId
from sopctl.core.runbook import Approve, ApproveBy, OnFailure, StepKind
from sopctl.engine import records
from sopctl.engine.fold import fold
from sopctl.engine.state import Outcome, RunEnd

RUN = "01M80A9P2VVZN6VNCB0Z00GKYB"
START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
NASTY = "evil\x1b[31m\u202e[/red]<b>"


def node(number):
    return ResourceId("k8s.node", f"ip-10-0-0-{number}", f"uid-{number}", "spec.unschedulable")


def cordons(count):
    return tuple(
        PlannedChange(
            resource=node(n), before={"unschedulable": None}, after={"unschedulable": True}
        )
        for n in range(count)
    )


def tag(group):
    return PlannedChange(
        resource=ResourceId("aws.asg", group, "arn", "k8s.io/cluster-autoscaler/enabled"),
        before={"value": "true", "propagate": True},
        after=None,
    )


STEPS = (
    PlannedStep(id="exists", kind=StepKind.CHECK, uses="aws.zone.exists", wait=90.0),
    PlannedStep(
        id="cordon",
        kind=StepKind.ACTION,
        uses="k8s.node.cordon",
        why="Pods that leave the zone must not come back to it.",
        changes=cordons(6),
        unchanged=(node(98),),
        joined=(
            Joined(resource=node(99), run="01M7ZZZZZZZZZZZZZZZZZZZZZZ", before=None, settled=None),
        ),
        population=40,
        notes=tuple(f"pod web-{n} restarts" for n in range(9)),
        effect="nothing new is placed there",
    ),
    PlannedStep(
        id="remove-groups",
        kind=StepKind.ACTION,
        uses="aws.asg.tags",
        changes=(tag("web-a"), tag(NASTY)),
        fidelity=Fidelity.PREDICTED,
        needs=("cordon",),
        on_failure=OnFailure.CONTINUE,
        undo=Undo.RESIDUE,
        consent="something stays behind",
        approve=Approve(by=ApproveBy.OTHER, reason=True),
    ),
    PlannedStep(
        id="pause-spot",
        kind=StepKind.ACTION,
        uses="aws.asg.capacity",
        fidelity=Fidelity.UNPLANNED,
        unplanned="unplanned: autoscaling.us-east-1.amazonaws.com does not answer",
    ),
    PlannedStep(
        id="unblock",
        kind=StepKind.ACTION,
        uses="k8s.pod.unblock",
        late=True,
        bound=500,
        fidelity=Fidelity.DEPENDS,
        barrier=True,
        undo=Undo.OWNER_RECREATES,
    ),
    PlannedStep(id="go", kind=StepKind.GATE, uses="Evict the pods?", skipped="`when: x` is false"),
)

PLAN = Plan(
    runbook="az-failure",
    title="Evacuate a failed availability zone",
    digest="d" * 64,
    params={"zone": "us-east-1a", "evacuate": False, "note": None},
    target={
        "name": "prod-east",
        "labels": {"env": "prod"},
        "account": "111122223333",
        "region": "us-east-1",
        "cluster_uid": "cdf4ba86-ecec-43ba-abaf-b22cddb5d515",
        "server": "https://ABCDEF0123456789.gr7.us-east-1.eks.amazonaws.com",
        "zones": [{"name": "us-east-1a", "id": "use1-az4"}],
    },
    steps=STEPS,
    warnings=("step pause-spot is unplanned",),
    made_at="2026-11-01T03:00:00.000000Z",
    revert_within=43200.0,
)


def journal():
    """The records of a run of the step `cordon` with a failure, answered, and its end."""
    plan = Plan(
        runbook="az-failure",
        title="Evacuate a failed availability zone",
        digest="d" * 64,
        params={"zone": "us-east-1a"},
        target=PLAN.target,
        steps=(STEPS[1].__class__(**{**_fields(STEPS[1]), "changes": cordons(2), "joined": ()}),),
    )
    header = {
        "user": "ana",
        "host": "laptop",
        "caller": "arn:aws:sts::111122223333:assumed-role/on-call/ana",
        "kubernetes_user": "ana",
        "incident": "INC-7",
        "reason": f"zone is {NASTY}",
        "version": "0.1.0",
    }
    one, two = node(0), node(1)
    entries = [
        records.start(plan, header),
        records.consent("ana", "typed use1-az4", plan.hash),
        records.leg("ana@laptop/1", "claimed"),
        records.step("cordon"),
        _intent(one, two),
        _result((one, "done", ""), (two, "rejected", "the API server said no")),
        records.found("cordon", [(one, "settled", {"unschedulable": True}, "")]),
        records.ended("cordon", Outcome.FAILED, f"1 of 2 failed: {two}: said no"),
        records.parked("decision", "1 of 2 failed", "cordon"),
        records.decision("cordon", "skip", "ana", "it is gone anyway"),
        records.end(RunEnd.DONE),
    ]
    return _chained(entries)


def progressing(steps):
    """The records of a run of PLAN that did its first *steps* steps and began the next."""
    entries = [
        records.start(PLAN, {"user": "ana"}),
        records.consent("ana", "typed use1-az4", PLAN.hash),
        records.leg("ana@laptop/1", "claimed"),
    ]
    for step in PLAN.steps[:steps]:
        entries += [records.step(step.id), records.ended(step.id, Outcome.HELD, "it is there")]
    return _chained([*entries, records.step(PLAN.steps[steps].id)])


def _fields(step):
    return {name: getattr(step, name) for name in step.__dataclass_fields__}


def _intent(*resources):
    rows = [
        {
            "resource": encode(each),
            "before": {"unschedulable": None},
            "after": {"unschedulable": True},
            "evidence": {},
            "op": each.name,
        }
        for each in resources
    ]
    return records.Entry(kind=records.INTENT, data={"work": "cordon", "items": rows})


def _result(*answers):
    rows = [
        {
            "resource": encode(resource),
            "op": resource.name,
            "receipt": {"kind": kind, "requests": [], "why": why, "after": 0.0, "token": ""},
        }
        for resource, kind, why in answers
    ]
    return records.Entry(kind=records.RESULT, data={"work": "cordon", "items": rows})


def _chained(entries):
    found, prev = [], GENESIS
    for seq, entry in enumerate(entries):
        record = Record(
            run=RUN,
            seq=seq,
            epoch=1,
            at=f"2026-11-01T03:00:{seq:02}.000000Z",
            kind=entry.kind,
            data=entry.data,
            prev=prev,
        ).sealed()
        found.append(record)
        prev = record.hash
    return tuple(found)


def state(until=None):
    return fold(RUN, journal()[:until])


def head():
    last = journal()[-1]
    return Head(
        run=RUN,
        target="prod-east",
        runbook="az-failure",
        created="2026-11-01T03:00:00.000000Z",
        seq=last.seq,
        hash=last.hash,
    )
