"""How long a runbook test takes with every call struck: ``benchmarks/runbook_tests.py [RUNBOOK]``.

Prints, for each test, cases, seconds of wall time, and cases a second; the goal is thirty seconds
for a test on two cores.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

JOBS = "2"


def main(runbooks: list[str]) -> int:
    """Run the tests as a person does, and read what they print."""
    sopctl = str(Path(sys.executable).with_name("sopctl"))
    command = [sopctl, "test", *runbooks, "--faults", "all", "--jobs", JOBS, "-o", "json"]
    print(f"{'test':40} {'cases':>6} {'seconds':>8} {'cases/s':>8}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for row in process.stdout or ():
            _show(json.loads(row))
    return process.returncode


def _show(result: dict[str, object]) -> None:
    name = f"{result['runbook']}/{result['test']}"
    parts = {part["part"]: part for part in result["parts"]}  # type: ignore[index,attr-defined]  # our own JSON
    faults = parts.get("faults")
    if faults is None or faults["skipped"]:
        print(f"{name:40} {'-':>6} {result['seconds']:8.1f}")
        return
    cases = int(faults["detail"].split()[0])
    print(f"{name:40} {cases:6} {faults['seconds']:8.1f} {cases / faults['seconds']:8.1f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
