"""The only door to programs of this machine: those that the policy lists, without a shell.

A program gets an environment of its own, no input, a process group that ends with it, and time; of
its output the end is kept, without what would move a cursor or colour a screen. It reaches the
account and the cluster of the target, and dies with sopctl: what went on alone could finish while
a successor looks, and be begun a second time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from threading import Thread
from typing import IO

from sopctl.core.action import Call
from sopctl.core.codec import canonical
from sopctl.core.errors import ProviderError, RefusedError
from sopctl.core.target import Target
from sopctl.providers import supervisor
from sopctl.providers.answers import LostReplyError
from sopctl.providers.secrets import Secrets

KEPT = 2000  # characters of output
_BLOCK = 65536
_ENDING = 5.0  # seconds for the output to end after its program did
_INHERITED = ("HOME", "TMPDIR", "TZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. *env* are names that are passed on, *secrets* names with references."""

    argv: tuple[str, ...]
    env: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Ran:
    """How it ended, and the last of what it said."""

    status: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """*allowed*: absolute paths of programs; none, unless somebody decided so.

    *target*: whose account and cluster a program reaches.
    """

    allowed: tuple[str, ...] = ()
    target: Target | None = None
    secrets: Secrets = field(default_factory=Secrets)

    def path(self, program: str) -> str:
        """The path of *program*, a name or a path; raises RefusedError if it is not allowed."""
        for each in self.allowed:
            if program in (each, PurePath(each).name):
                return each
        raise RefusedError(
            f"the policy does not allow to run {program}",
            hint="Whoever owns policy.yaml can list it under commands, with its absolute path.",
        )

    def check(self, program: Program) -> None:
        """Raise RefusedError unless it could be run now."""
        self.path(program.argv[0])
        self._environment(program)

    def run(self, program: Program, call: Call | None = None) -> Ran:
        """Run it; *call* makes it a write, and tells the program of which run and step.

        Raises RefusedError, ProviderError where it cannot be started, and LostReplyError where it
        did not end in time: it was killed, and may have done anything until then.
        """
        path, env = self.path(program.argv[0]), self._environment(program)
        if call is not None:
            env |= {"SOPCTL_RUN": call.run, "SOPCTL_STEP": call.step, "SOPCTL_OP": call.op_id}
            call.guard()
        with tempfile.TemporaryDirectory(prefix="sopctl-") as folder:
            process = subprocess.Popen(  # noqa: S603  # no shell, and the policy lists the program
                [
                    *(sys.executable, "-I", supervisor.__file__, str(program.timeout)),
                    *(path, *program.argv[1:]),
                ],
                env=env | self._surroundings(Path(folder)),
                cwd="/",
                stdin=subprocess.PIPE,  # ends when we do
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            return _ended(process, program)

    def _surroundings(self, folder: Path) -> dict[str, str]:
        """What makes ``kubectl`` and ``aws`` reach the target."""
        if self.target is None:
            return {}
        named = {
            "SOPCTL_TARGET": self.target.name,
            "AWS_PROFILE": self.target.profile,
            "AWS_REGION": self.target.region,
            "AWS_CONFIG_FILE": self.target.aws_config,
            "KUBECONFIG": self._kubeconfig(self.target, folder),
        }
        return {key: value for key, value in named.items() if value}

    def _kubeconfig(self, target: Target, folder: Path) -> str:
        """The files in use, and first one that says which context: the first word counts."""
        own = self.secrets.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
        files = target.kubeconfig or own
        if not target.context:
            return files
        chosen = {"apiVersion": "v1", "kind": "Config", "current-context": target.context}
        first = folder / "context"
        first.write_bytes(canonical(chosen))
        return os.pathsep.join((str(first), files))

    def _environment(self, program: Program) -> dict[str, str]:
        environ = self.secrets.environ
        missing = [name for name in program.env if name not in environ]
        if missing:
            raise RefusedError(
                f"{program.argv[0]} needs {missing[0]}, which is not set",
                hint="Set it, then resume.",
            )
        passed = {name: environ[name] for name in (*_INHERITED, *program.env) if name in environ}
        secret = {name: self.secrets.value(each) for name, each in program.secrets.items()}
        return {"PATH": os.defpath, "LANG": "C.UTF-8", **passed, **secret}


def _ended(process: subprocess.Popen[bytes], program: Program) -> Ran:
    """Wait for the end, and keep the last of the output; a flood of it fills no memory."""
    last = bytearray()
    assert process.stdout is not None
    assert process.stdin is not None
    reader = Thread(target=_read, args=(process.stdout, last), daemon=True)
    reader.start()
    try:
        status = process.wait()
    finally:
        process.stdin.close()
        process.wait()
        reader.join(_ENDING)
        process.stdout.close()
    output = sanitised(bytes(last))
    if status == supervisor.NOT_STARTED:
        raise ProviderError(f"it cannot be started: {output}")
    if status == supervisor.LATE:
        raise LostReplyError(
            f"{program.argv[0]} did not end within {program.timeout:g} s: {output}"
        )
    return Ran(status, output)


def _read(stream: IO[bytes], last: bytearray) -> None:
    while block := stream.read1(_BLOCK):  # type: ignore[attr-defined]  # a pipe is buffered
        last += block
        del last[: -KEPT * 4]


def sanitised(output: bytes) -> str:
    """The last lines as text that does nothing to a terminal; line ends and tabs stay."""
    text = output.decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text).strip()[-KEPT:]


def said(argv: Sequence[str], ran: Ran) -> str:
    """One sentence for a receipt or a verdict."""
    end = f"ended with {ran.status}" if ran.status >= 0 else f"was ended by signal {-ran.status}"
    return f"{PurePath(argv[0]).name} {end}" + (f": {ran.output}" if ran.output else "")
