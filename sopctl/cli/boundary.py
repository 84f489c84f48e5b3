"""The one place that catches everything: an error becomes two lines and an exit code."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import click

from sopctl.cli.context import Context
from sopctl.core.clock import SystemClock
from sopctl.core.errors import ExitCode, InvalidRunbookError, SopError
from sopctl.views import problems

INTERRUPTED = 130  # 128 + SIGINT


def guarded(context: Context, work: Callable[[], object]) -> int:
    """Do *work*; whatever happens, a person reads what, which one, and what now."""
    try:
        answer = work()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        context.err.write(error.format_message() + "\n")
        return int(ExitCode.USAGE)
    except click.ClickException as error:
        context.err.show(problems.usage(error.format_message(), _command(error)))
        return int(ExitCode.USAGE)
    except InvalidRunbookError as error:
        context.err.show(problems.invalid(error))
        return int(error.exit_code)
    except SopError as error:
        context.err.show(problems.error(error))
        return int(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        context.err.show(problems.interrupted())
        return INTERRUPTED
    except Exception:  # noqa: BLE001  # the outermost boundary: a bug is reported, not thrown at people
        context.err.show(problems.bug(_report(context)))
        return int(ExitCode.BUG)
    return int(answer) if isinstance(answer, int) else int(ExitCode.DONE)


def complete(context: Context, code: int) -> int:
    """*code*, unless all went well but for what was to be printed: then whoever reads it is warned.

    A run is not judged by its output; the journal has everything.
    """
    if code or not context.out.lost or context.out.best_effort:
        return code
    context.err.show(problems.lost(context.out.lost))
    return int(ExitCode.USAGE)


def warn_of_strangers(context: Context) -> None:
    """What installed packages would have added, if they could be loaded."""
    context.err.show(problems.strangers(context.broken))


def _command(error: click.ClickException) -> str:
    found = getattr(error, "ctx", None)
    return found.command_path if isinstance(found, click.Context) else "sopctl"


def _report(context: Context) -> str:
    """Write the traceback where only we can read it; without local values, which may be secret."""
    stamp = SystemClock().now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = context.app.settings.reports
    path = Path(folder) / f"bug-{stamp}-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(_scrubbed(traceback.format_exc()))
    except OSError as error:
        return f"(no report: {folder} cannot be written: {error.strerror})"
    return str(path)


def _scrubbed(text: str) -> str:
    from sopctl.journal.redact import Scrubber  # noqa: PLC0415  # only for a bug

    return Scrubber().text(text)
