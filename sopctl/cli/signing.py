"""Approval by a colleague on another machine: the file to be signed, and its signature."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from pathlib import Path

from sopctl.app import actor, approvals, sshsig
from sopctl.app.desk import Desk
from sopctl.cli import backwards, onwards, work
from sopctl.cli.context import Context
from sopctl.cli.options import Asked
from sopctl.core.clock import SystemClock
from sopctl.core.errors import RefusedError, UsageError
from sopctl.core.journal import Entry
from sopctl.engine import records
from sopctl.engine.state import RunState
from sopctl.views.lines import line

LARGEST = 16 * 1024 * 1024  # bytes of a file that is read


def ask(context: Context, asked: Asked, state: RunState, file: Path, answer: str) -> int:
    """Record a request, write it to *file*, and say what the colleague has to do."""
    approvals.gate_of(state)
    if file.exists() or file.is_symlink():
        raise _taken(file)
    view = work.view(context, asked, state.run, context.app.store.read(state.run))
    target = context.app.target(backwards.target_name(state))
    with context.app.desk(target, view, run=state.run) as desk:
        assert state.plan is not None
        desk.recognise(state.plan)
        desk.free(state.run)
        asking = approvals.Asking(by=actor.user(), answer=answer, at=SystemClock().now())
        text = approvals.request(desk.state(state.run), asking)
        desk.say(state.run, records.request(text))
    _write(file, approvals.written(text))
    name = shlex.quote(str(file))
    context.err.show(
        [
            line(f"Send {file} to a colleague, who runs, until {text['not_after']}:"),
            line((f"  ssh-keygen -Y sign -f KEY -n {sshsig.NAMESPACE} {name}", "strong")),
            line(f"Then, with what that writes to {file}.sig beside it, here:"),
            line((f"  sopctl approve {state.run} --signed {name} --reason TEXT", "strong")),
        ]
    )
    return 0


def use(context: Context, asked: Asked, state: RunState, file: Path) -> int:
    """Go on by the answer in *file*, if its signature and everything it binds hold."""
    text, signature = _read(file), _read(file.with_name(f"{file.name}.sig"))
    signer = sshsig.signer(text, signature, context.app.settings.approvers)
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict) or approvals.written(body) != text:  # also: a key twice
        raise RefusedError(f"{file} is not a request for approval", hint="Ask with --request.")

    def decide(desk: Desk, _: RunState) -> list[Entry]:
        now = desk.state(state.run)
        warning = approvals.refuse_changed(now, body, SystemClock().now())
        approvals.refuse_runner(now, signer.principal)
        gate = approvals.gate_of(now)
        step = approvals.step_of(now, gate)
        if step and step.approve and step.approve.reason and not asked.reason:
            raise UsageError(f"step {step.id} needs a reason", hint="Give --reason TEXT.")
        if warning:
            context.err.show([line(("clock: ", "warn"), warning)])
        proof = {
            "nonce": body["nonce"],
            "fingerprint": signer.fingerprint,
            "text": text.decode(),
            "signature": signature.decode(),
            "used_by": actor.user(),
        }
        answer = str(body["answer"])
        return [records.answer(gate, answer, signer.principal, asked.reason, proof)]

    approvals.refuse_runner(state, signer.principal)
    approvals.refuse_changed(state, body, SystemClock().now())
    return onwards.go_on(context, asked, state, decide)


def _taken(file: Path) -> UsageError:
    return UsageError(f"{file} exists already", hint="Name a file that does not exist.")


def _write(file: Path, text: bytes) -> None:
    """All of *text* under a name that was free, or nothing (link(2) never replaces a file)."""
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.") as made:
            made.write(text)
            made.flush()
            os.fsync(made.fileno())
            os.link(made.name, file)
    except FileExistsError as error:
        raise _taken(file) from error
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {(error.strerror or str(error)).lower()}",
            hint="Name a file in a directory that you can write.",
        ) from error


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            found = opened.read(LARGEST)
            found.decode()
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(
            f"{file} cannot be read: {(what or str(error)).lower()}",
            hint="Put the signed file and FILE.sig beside each other.",
        ) from error
    return found
