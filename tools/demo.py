"""The main job in the sandbox: evacuate a zone, prove it, and put everything back.

``make demo`` runs it: nothing but the sopctl command line, with a state directory of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ZONE = "us-east-1a"
RATE = "60"  # a minute of the sandbox is a second here
PARKED = 23  # the runbook has a gate before it evicts


def sopctl(*words: str, expect: int = 0) -> None:
    """Run one command as a person would, and stop the demo if it does not end as expected."""
    print(f"\n$ sopctl {' '.join(words)}", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "sopctl", *words]  # a terminal would be asked; nobody is here
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)  # noqa: S603  # our own
    print(f"# {time.monotonic() - started:.1f} s", flush=True)
    if done.returncode != expect:
        raise SystemExit(done.returncode or 1)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sopctl-demo-") as folder:
        os.environ["SOPCTL_STATE_DIR"] = str(Path(folder) / "state")
        os.environ["SOPCTL_CONFIG_DIR"] = str(Path(folder) / "config")
        try:
            tour()
        finally:
            sopctl("sandbox", "stop")


def tour() -> None:
    """Before the incident, in it, and after it."""
    here, why = ("--target", "sandbox"), ("--yes", "--reason", "demo", "--incident", "DEMO-1")
    sopctl("sandbox", "start", "--rate", RATE)
    sopctl("run", "prepare", *here, *why)

    sopctl("sandbox", "fail-zone", ZONE)
    sopctl("run", "az-failure", "--zone", ZONE, "--evacuate", *here, *why, expect=PARKED)
    sopctl("approve", "--answer", "yes", "--reason", "the other zones have room", *here)
    sopctl("status", *here)

    sopctl("sandbox", "heal-zone", ZONE)
    sopctl("rollback", "--latest", "az-failure", *here, *why)
    sopctl("status", *here)
    sopctl("audit", "verify")


if __name__ == "__main__":
    main()
