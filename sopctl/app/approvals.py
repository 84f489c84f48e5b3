"""What a colleague signs to approve a step from another machine, and whether it still holds.

The text binds the answer to all it was given for. It is built from the run as it is; a signed text
holds if it equals the one that the run asked for *and* the one that would be built now.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sopctl.app import sshsig
from sopctl.core.clock import stamp
from sopctl.core.codec import Json, digest, encode
from sopctl.core.errors import RefusedError, UsageError
from sopctl.core.journal import Record
from sopctl.core.plan import PlannedStep
from sopctl.engine import records
from sopctl.engine.state import RunState
from sopctl.journal.chain import Break

VALID = timedelta(minutes=30)
SKEW = timedelta(minutes=10)  # how far this machine's clock may have been off, or been set
_FIELDS = {
    "run": "another run",
    "gate": "another gate",
    "plan_hash": "another plan",
    "step_hash": "a step that is planned differently now",
    "runbook_digest": "another version of the runbook",
    "parameters": "other parameters",
    "target": "another target",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks for which answer, and when (aware, UTC, of this machine)."""

    by: str
    answer: str
    at: datetime


def gate_of(state: RunState) -> str:
    """The gate at which the run is parked; raises UsageError."""
    if not state.parked or state.parked["why"] != "gate":
        raise UsageError(
            f"run {state.run} waits at no gate", hint="See where it stands: `sopctl status`."
        )
    return str(state.parked["work"])


def step_of(state: RunState, gate: str) -> PlannedStep | None:
    """The step that waits at *gate*, as it is planned now."""
    key = gate.partition(":")[2] or gate
    return next((work.plan for work in state.works if work.key == key), None)


def request(state: RunState, asking: Asking) -> dict[str, Json]:
    """A new text to be signed, for the gate at which the run is parked."""
    assert state.parked is not None
    return {
        **_bound(state, gate_of(state)),
        "asks": str(state.parked["detail"]),
        "answer": asking.answer,
        "asked_by": asking.by,
        "asked_at": stamp(asking.at),
        "not_after": stamp(asking.at + VALID),
        "nonce": secrets.token_hex(16),
    }


def written(text: Mapping[str, Json]) -> bytes:
    """The text as a file for people; its bytes are what is signed."""
    return (json.dumps(text, indent=2, ensure_ascii=False) + "\n").encode()


def refuse_changed(state: RunState, text: Mapping[str, Json], now: datetime) -> str:
    """Raise RefusedError unless *text* holds for the run at *now*; a warning about the clock."""
    if text.get("run") != state.run:
        raise _other("run")
    nonce = text.get("nonce")
    if nonce in state.used:
        raise RefusedError("this approval has been used already", hint="Ask anew with --request.")
    if not isinstance(nonce, str) or state.requests.get(nonce) != text:
        raise RefusedError(
            f"run {state.run} never asked for this text", hint="Ask anew with --request."
        )
    bound = _bound(state, gate_of(state))
    for name in _FIELDS:
        if text.get(name) != bound[name]:
            raise _other(name)
    if text != {**text, **bound}:
        raise RefusedError("the step is not what was signed", hint="Ask anew with --request.")
    return _in_time(text, now)


def refuse_runner(state: RunState, principal: str) -> None:
    """Raise RefusedError if *principal* (``name`` or ``name@domain``) is who runs this."""
    runner = str(state.header.get("user", "")).casefold()
    name = principal.casefold()
    if not runner or runner in (name, name.partition("@")[0]):
        raise RefusedError(
            f"{principal} runs this, and nobody approves for himself, with whatever key",
            hint="Have a colleague sign it.",
        )


def recheck(run: str, found: Sequence[Record]) -> tuple[Break, ...]:
    """The signed answers among the records of *run* that are not what was signed; UsageError."""
    return tuple(
        Break(run=run, seq=record.seq, what=what)
        for record in found
        if record.kind == records.ANSWER and "signed" in record.data
        if (what := _unlike(run, record.data))
    )


def _unlike(run: str, data: Mapping[str, Json]) -> str:
    signed = data["signed"]
    try:
        assert isinstance(signed, Mapping)
        text, key = str(signed["text"]), signed["fingerprint"]
        if sshsig.fingerprint(text.encode(), str(signed["signature"]).encode()) != key:
            return "its approval was signed by another key"
        said = json.loads(text)
        same = (said["run"], said["gate"], said["answer"]) == (run, data["gate"], data["answer"])
    except (RefusedError, AssertionError, KeyError, ValueError, TypeError) as error:
        return f"the signature of its approval does not hold: {error}"
    return "" if same else "its approval was signed for something else"


def _bound(state: RunState, gate: str) -> dict[str, Json]:
    assert state.plan is not None
    plan, step = state.plan, step_of(state, gate)
    names = ("name", "account", "cluster_uid", "region")
    changed: list[Json] = [encode(change.resource) for change in step.changes] if step else []
    return {
        "format": "sopctl approval 1",
        "run": state.run,
        "gate": gate,
        "runbook": plan.runbook,
        "runbook_digest": plan.digest,
        "parameters": encode(plan.params),
        "plan_hash": plan.hash,
        "step_hash": digest(encode(step)) if step else "",
        "target": {name: plan.target.get(name, "") for name in names},
        "changes": len(changed),
        "bound": step.bound if step else 0,  # of objects, if they are selected late
        "resources": changed,
    }


def _other(name: str) -> RefusedError:
    return RefusedError(f"the approval is for {_FIELDS[name]}", hint="Ask anew with --request.")


def _in_time(text: Mapping[str, Json], now: datetime) -> str:
    asked, until = (datetime.fromisoformat(str(text[k])) for k in ("asked_at", "not_after"))
    if now > until + SKEW:
        raise RefusedError(
            f"the approval has expired at {text['not_after']}", hint="Ask anew with --request."
        )
    if now < asked - SKEW:
        raise RefusedError(
            f"the approval was asked for at {text['asked_at']}, and it is {stamp(now)} here",
            hint="Set this machine's clock, then ask anew with --request.",
        )
    if asked <= now <= until:
        return ""
    span = f"from {text['asked_at']} to {text['not_after']}"
    return f"the approval holds {span}; here it is {stamp(now)}"
