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


def sopctl(*words: str) -> None:
    print(f"\n$ sopctl {' '.join(words)}", flush=True)
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "sopctl", *words], check=False)  # noqa: S603  # our own command
    if done.returncode:
        raise SystemExit(done.returncode)
    print(f"# {time.monotonic() - started:.1f} s", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sopctl-demo-") as folder:
        os.environ["SOPCTL_STATE_DIR"] = str(Path(folder) / "state")
        os.environ["SOPCTL_CONFIG_DIR"] = str(Path(folder) / "config")
        on_sandbox = ("--target", "sandbox")
        try:
            sopctl("run", "prepare", *on_sandbox, "--yes", "--reason", "demo")
            sopctl("run", "az-failure", "--zone", ZONE, *on_sandbox, "--dry-run")
            sopctl(
                "run", "az-failure", "--zone", ZONE, *on_sandbox,
                "--yes", "--reason", "demo", "--incident", "DEMO-1",
            )  # fmt: skip
            sopctl("status", *on_sandbox)
            sopctl("rollback", "--latest", "az-failure", *on_sandbox, "--yes", "--reason", "demo")
            sopctl("audit", "verify")
        finally:
            subprocess.run([sys.executable, "-m", "sopctl", "sandbox", "stop"], check=False)


if __name__ == "__main__":
    main()
