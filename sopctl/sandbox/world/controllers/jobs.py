"""Jobs: pods until enough have succeeded; a pod that is deleted counts as a failure."""

from __future__ import annotations

from datetime import datetime

from sopctl.sandbox.world import conditions, pods
from sopctl.sandbox.world.controllers.loop import Work, owner
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.times import stamp
from sopctl.sandbox.world.view import View


def reconcile(view: View, now: datetime) -> datetime | None:
    """Bring every unfinished Job nearer to its completions."""
    return WORK.once(view, now)


def _sync(view: View, job: Obj, now: datetime) -> None:
    if _finished(job) or job["spec"].get("suspend"):
        return
    spec, before = job["spec"], job.get("status") or {}
    owned = view.owned("pods", job["metadata"]["uid"])
    active = [pod for pod in owned if pods.is_active(pod)]
    succeeded = sum(pods.phase(pod) == "Succeeded" for pod in owned)
    failed = before.get("failed", 0) + _lost(before, len(active), succeeded)
    completions = spec.get("completions") or spec.get("parallelism", 1)
    too_often = failed > spec.get("backoffLimit", 6)
    wanted = min(spec.get("parallelism", 1), completions - succeeded)
    if not too_often:
        _create(view, job, wanted - len(active))
        active = [p for p in view.owned("pods", job["metadata"]["uid"]) if pods.is_active(p)]
    status: Obj = {"startTime": before.get("startTime") or stamp(now)}
    counters = {
        "active": len(active),
        "ready": sum(map(pods.is_ready, active)),
        "succeeded": succeeded,
        "failed": failed,
    }
    status |= {key: value for key, value in counters.items() if value or key == "ready"}
    verdict = _verdict(complete=succeeded >= completions, failed=too_often)
    if verdict is not None:
        status["conditions"] = conditions.put(before.get("conditions"), verdict, now)
        if verdict.type == "Complete":
            status["completionTime"] = stamp(now)
    view.set_status("jobs", job, status)


def _lost(before: Obj, active: int, succeeded: int) -> int:
    """How many pods that were active are neither active nor succeeded any more."""
    gone: int = before.get("active", 0) - active
    newly: int = succeeded - before.get("succeeded", 0)
    return max(0, gone - newly)


def _create(view: View, job: Obj, missing: int) -> None:
    reference = pods.owned_by(job, "Job", "batch/v1")
    prefix = f"{job['metadata']['name']}-"
    for _ in range(missing):
        template = job["spec"]["template"]
        view.create("pods", pods.from_template(template, job, reference, generateName=prefix))


def _verdict(*, complete: bool, failed: bool) -> conditions.Verdict | None:
    if complete:
        return conditions.Verdict(type="Complete", status="True", reason="CompletionsReached")
    if failed:
        return conditions.Verdict(type="Failed", status="True", reason="BackoffLimitExceeded")
    return None


def _finished(job: Obj) -> bool:
    return conditions.holds(job, "Complete") or conditions.holds(job, "Failed")


WORK = Work(resource="jobs", sync=_sync, related={"pods": owner("Job")})
