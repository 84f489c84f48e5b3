"""The ``sopctl`` command: its commands by name, and the one place that catches everything.

Nothing heavy is imported here: `sopctl --help` must answer at once, at 3 a.m., on any laptop.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from sopctl import __version__
from sopctl.cli import boundary
from sopctl.cli.context import Context
from sopctl.cli.lazy import Commands, LazyGroup

# Objects until the garbage collector looks through the young, and how often through the older:
# a page of pods is tens of thousands of objects that live on, and no cycles. With the interpreter's
# own 700, half of the processor's time of a large plan goes into looking.
COLLECT_AFTER: Final = (100_000, 50, 100)
_RUNS: Final = "sopctl.cli"
COMMANDS: Final[Commands] = {
    "run": (f"{_RUNS}.run:run", "Plan a runbook, show the plan, and apply it once you agree."),
    "plan": (f"{_RUNS}.plan:plan", "Show what a runbook would change now; changes nothing."),
    "rollback": (f"{_RUNS}.rollback:rollback", "Take back what a run changed."),
    "resume": (f"{_RUNS}.resume:resume", "Go on with a run that is parked or was interrupted."),
    "approve": (f"{_RUNS}.approve:approve", "Answer the gate that a run waits at."),
    "mark-done": (f"{_RUNS}.mark_done:mark_done", "Say that a step was done by hand; verified."),
    "forget": (f"{_RUNS}.forget:forget", "End a run whose target is no more."),
    "watch": (f"{_RUNS}.watch:watch", "Stay with a run until its effects are seen."),
    "view": (f"{_RUNS}.view:view", "Show the cluster at a glance, live or as a page."),
    "status": (f"{_RUNS}.status:status", "Show runs under way and mitigations still in place."),
    "audit": (f"{_RUNS}.audit:audit", "List, show, verify, export and import journals."),
    "runbook": (f"{_RUNS}.runbook:runbook", "List, show, check and create runbooks."),
    "permissions": (
        f"{_RUNS}.permissions:permissions",
        "Print the least that a runbook has to be allowed.",
    ),
    "action": (f"{_RUNS}.action:action", "List and show the actions that runbooks can use."),
    "check": (f"{_RUNS}.check:check", "List and show the checks that runbooks can use."),
    "test": (f"{_RUNS}.test:test", "Run the tests that lie beside runbooks."),
    "target": (f"{_RUNS}.target:target", "List, add and check targets."),
    "doctor": (f"{_RUNS}.doctor:doctor", "Ask whether a cluster is ready for a zone failure."),
    "drill": (f"{_RUNS}.drill:drill", "Rehearse a runbook in a world of its own."),
    "sandbox": (f"{_RUNS}.sandbox:sandbox", "Start, stop and shake the local practice world."),
    "completion": (f"{_RUNS}.completion:completion", "Print the completion script of a shell."),
}
"""Every command: where it is, and what `sopctl --help` says of it."""


@click.group(
    cls=LazyGroup,
    commands_table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def root() -> None:
    """Run incident runbooks against AWS and Kubernetes.

    Nothing changes before you have seen its plan. Undo is derived from what was there before.
    Everything is in a journal that nobody has to write.
    """


def execute(args: Sequence[str], context: Context) -> int:
    """Carry out one command line; the answer is the exit code."""
    code = boundary.guarded(
        context,
        lambda: root.main(args=list(args), prog_name="sopctl", obj=context, standalone_mode=False),
    )
    boundary.warn_of_strangers(context)
    return code


def main() -> None:
    """The entry point of the process."""
    os.umask(0o077)
    _open_what_is_closed()
    gc.set_threshold(*COLLECT_AFTER)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not know every sign
    context = Context()
    if "_SOPCTL_COMPLETE" in os.environ:
        root.main(prog_name="sopctl", obj=context)
    code = execute(sys.argv[1:], context)
    context.close()
    _let_go_of_a_closed_pipe()
    sys.exit(boundary.complete(context, code))


def _open_what_is_closed() -> None:
    """Of what `>&-` closed nothing is left, and the next file that is opened would take its place.

    That would be the journal, and whatever is printed, by a child too, would be written into it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # as long as we live


def _let_go_of_a_closed_pipe() -> None:
    """Flush now, where it can be handled: `sopctl audit show | head` is no error."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
