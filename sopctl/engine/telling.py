"""Tell people: once, and never at the expense of the run.

That they are about to be told is durable before anything is sent. Whoever finds that record and no
answer, after a crash, does not send it again: nobody is woken twice for one thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sopctl.core.codec import decode
from sopctl.core.notice import Notice, Told
from sopctl.core.runbook import OnFailure
from sopctl.engine import records
from sopctl.engine.moves import Tell
from sopctl.engine.session import Session
from sopctl.engine.state import Outcome, Work


def tell(session: Session, move: Tell) -> None:
    """Tell whom the step names, and record how that went."""
    work = session.state.work(move.work)
    notice = decode(Notice, work.plan.params)
    if work.telling and "once" in session.deps.protections:
        why = "it stopped while telling, and does not tell twice"
        _end(session, work, [Told(name, None, why) for name in notice.to or ("somebody",)])
        return
    plan = session.state.plan
    assert plan is not None
    where = f"{plan.runbook} on {plan.target['name']}"
    titled = replace(notice, title=notice.title or where)
    session.append(records.telling(work.key, titled, work.plan.uses))
    body = f"{work.plan.uses}\n\n{where}, run {session.state.run}, step {work.key}"
    session.deps.point(f"before tell {work.key}")
    people = session.deps.herald.tell(titled, body, session.keeper.guard)
    session.deps.point(f"after tell {work.key}")
    _end(session, work, people)


def _end(session: Session, work: Work, people: Sequence[Told]) -> None:
    """Nobody told is a failure only where the runbook asked for that."""
    entry = records.told(work.key, people)
    why = str(entry.data["detail"])
    goes_on = work.plan.on_failure is OnFailure.CONTINUE
    missing = Outcome.NOT_TOLD if goes_on else Outcome.FAILED
    session.append(entry, records.ended(work.key, missing if why else Outcome.TOLD, why))
