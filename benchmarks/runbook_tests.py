"""How long a runbook test takes with every call struck.

Run it as ``python -m benchmarks.runbook_tests [--jobs N] [RUNBOOK]...``. Prints, for each test,
cases, seconds of wall time, and cases a second; the goal is thirty seconds for a test on two
cores. With ``--jobs 1`` the processor's seconds at the end are all that was used.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the tests as a person does, and read what they print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runbooks", nargs="*")
    parser.add_argument("--jobs", default="2")
    given = parser.parse_args()
    sopctl = str(Path(sys.executable).with_name("sopctl"))
    chosen = ["--faults", "all", "--jobs", given.jobs, "-o", "json"]
    print(f"{'test':40} {'cases':>6} {'seconds':>8} {'cases/s':>8}")
    with subprocess.Popen(
        [sopctl, "test", *given.runbooks, *chosen], stdout=subprocess.PIPE, text=True
    ) as process:
        for row in process.stdout or ():
            _show(json.loads(row))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{used.ru_utime + used.ru_stime:.0f} s of processor")
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
    sys.exit(main())
