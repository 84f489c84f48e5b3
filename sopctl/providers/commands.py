"""The only door to other programs: no shell, no input, and the target's surroundings.

A command acts on what its surroundings name. They are those of the user, with the account, region
and cluster of the target in their place, so that ``kubectl`` and ``aws`` in a runbook reach what
the run is about, and a drill's commands its world.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sopctl.core.action import Call
from sopctl.core.codec import canonical
from sopctl.core.target import Target
from sopctl.providers import supervisor
from sopctl.providers.limits import CallNote

_HEARD = 2000  # bytes of the end of what a command said
_KUBECONFIG = Path.home() / ".kube" / "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended: its exit status, None if its time was over; *said*: its last words."""

    status: int | None
    said: str


class Commands:
    """Runs commands for one target. Thread-safe."""

    def __init__(self, target: Target, on_call: Callable[[CallNote], None] | None = None) -> None:
        self._target = target
        self._on_call = on_call

    def ask(self, argv: Sequence[str], seconds: float) -> Ended:
        """Run what only looks."""
        return self._run(argv, seconds, {}, mutating=False)

    def act(self, call: Call, argv: Sequence[str], seconds: float) -> Ended:
        """Run what changes something, once, if the guard agrees."""
        call.guard()
        more = {"SOPCTL_RUN": call.run, "SOPCTL_STEP": call.step, "SOPCTL_OP": call.op_id}
        return self._run(argv, seconds, more, mutating=True)

    def _run(
        self, argv: Sequence[str], seconds: float, more: Mapping[str, str], *, mutating: bool
    ) -> Ended:
        started = time.monotonic()
        program = [sys.executable, "-I", supervisor.__file__, str(seconds), *argv]
        with (
            tempfile.TemporaryDirectory(prefix="sopctl-") as folder,
            tempfile.TemporaryFile() as ear,
        ):
            process = subprocess.Popen(  # noqa: S603  # argv is the runbook's; there is no shell
                program,
                stdin=subprocess.PIPE,
                stdout=ear,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal is for us to answer
                env={**os.environ, **self._surroundings(Path(folder)), **more},
            )
            status = process.wait()
            assert process.stdin is not None, "asked for above"
            process.stdin.close()
            size = ear.seek(0, os.SEEK_END)
            ear.seek(max(0, size - _HEARD))
            said = ear.read().decode(errors="replace").strip()
        ended = Ended(status=None if status == supervisor.LATE else status, said=said)
        if self._on_call is not None:
            note = CallNote(
                provider="command",
                operation=argv[0],
                mutating=mutating,
                error="" if ended.status == 0 else f"exit {ended.status}",
                seconds=time.monotonic() - started,
            )
            self._on_call(note)
        return ended

    def _surroundings(self, folder: Path) -> Mapping[str, str]:
        """What makes other programs reach the target."""
        target = self._target
        named = {
            "SOPCTL_TARGET": target.name,
            "AWS_PROFILE": target.profile,
            "AWS_REGION": target.region,
            "AWS_DEFAULT_REGION": target.region,
            "AWS_CONFIG_FILE": target.aws_config,
            "KUBECONFIG": self._kubeconfig(folder),
        }
        return {key: value for key, value in named.items() if value}

    def _kubeconfig(self, folder: Path) -> str:
        """The files in use; the first one says which context, and the first word counts."""
        files = self._target.kubeconfig or os.environ.get("KUBECONFIG") or str(_KUBECONFIG)
        if not self._target.context:
            return files
        first = folder / "context"
        chosen = {"apiVersion": "v1", "kind": "Config", "current-context": self._target.context}
        first.write_bytes(canonical(chosen))
        return os.pathsep.join((str(first), files))
