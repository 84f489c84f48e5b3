"""What az-failure costs in a large cluster: calls, sequential round trips, memory and time.

Run it as ``python -m benchmarks.scale [--groups 600] [--nodes 1000] [--workloads 2000]
[--pods 10000] [--evacuate] [--latency MS] [--keep FOLDER]``. A sandbox with such a world is
started in a process of its own; plan (``--dry-run``), run and roll back are processes of their own,
too, over real HTTP. The world moves on only while one of them waits, so that its own work is not
counted. Calls are counted at the server. With ``--latency`` each call takes so much longer, and
what was sent at the same time is told from what had to wait: loopback is too fast to tell.

Ends with 1 when a phase needs more memory than LIMIT, or fails.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import large, tally
from benchmarks.large import Size
from sopctl.app import scenarios
from sopctl.sandbox.process import lifecycle
from sopctl.sandbox.process.running import Running

LIMIT = 300.0  # MB of resident memory, of any phase
ZONE = large.ZONES[0]
SHOWN = 30
PATIENCE = 1800.0
COMMON = ("--target", "sandbox", "--yes", "--reason", "benchmark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one process took: seconds, and MB at its peak."""

    code: int
    wall: float
    processor: float
    memory: float
    said: str


def sopctl(folder: Path, *words: str) -> Spent:
    """Run the command line as a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KUBE", "SOPCTL_"))}
    env = {**kept, "SOPCTL_STATE_DIR": str(folder / "state"), "NO_COLOR": "1", "COLUMNS": "160"}
    env["SOPCTL_CONFIG_DIR"] = str(folder / "config")
    began = time.monotonic()
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(
            (sys.executable, "-m", "sopctl", *words),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=env,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Spent(
        code=process.returncode,
        wall=time.monotonic() - began,
        processor=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 1024,
        said=(folder / "said").read_text(),
    )


def started(folder: Path, size: Size, latency: float) -> Running:
    """A sandbox with the world, in which a zone has failed ten minutes ago."""
    began = time.monotonic()
    made = scenarios.as_json(large.scenario(size))
    running = lifecycle.start(folder / "state", rate=0, scenario=made, patience=PATIENCE)
    print(f"{time.monotonic() - began:.0f} s to seed the world: {size}")
    spent = sopctl(folder, "run", "prepare", *COMMON)
    print(f"prepare ended with {spent.code}: {spent.said.strip().splitlines()[-1]}")
    lifecycle.control(running, "POST", "/fail-zone", {"zone": ZONE})
    live(running)
    if latency:
        rule = {"kind": "delay", "value": latency, "count": None}
        lifecycle.control(running, "POST", "/faults", {"aws": [rule], "kubernetes": [rule]})
    print(f"{time.monotonic() - began:.0f} s until the zone has failed")
    return running


def live(running: Running) -> None:
    """Ten minutes, in steps that each are answered in time."""
    for _ in range(60):
        lifecycle.control(running, "POST", "/clock/step", {"seconds": 10})


def phase(running: Running, folder: Path, name: str, *words: str) -> bool:
    """Carry out one command, print what it took; whether it went well and within bounds."""
    lifecycle.control(running, "POST", "/calls/reset")
    spent = sopctl(folder, *words)
    answer: Any = lifecycle.control(running, "GET", "/calls")
    found = tally.seen(answer)
    print(
        f"\n{name}: exit {spent.code}, {spent.wall:.1f} s wall, {spent.processor:.1f} s processor, "
        f"{spent.memory:.0f} MB; {len(found)} calls, {tally.round_trips(found)} one after another"
    )
    for kind, mutating in (("reads", False), ("writes", True)):
        rows = tally.counts(found, mutating=mutating)
        told = ", ".join(f"{count} {what}" for what, count in rows.most_common(SHOWN))
        print(f"  {rows.total()} {kind}: {told or 'none'}")
    (folder / f"{name}.txt").write_text(spent.said)
    if spent.code:
        print(spent.said[-3000:])
    if spent.memory > LIMIT:
        print(f"  {spent.memory:.0f} MB are more than {LIMIT:.0f}")
    return spent.code == 0 and spent.memory <= LIMIT


def asked() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("groups", 600), ("nodes", 1000), ("workloads", 2000), ("pods", 10000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--evacuate", action="store_true")
    parser.add_argument("--latency", type=float, default=0, help="milliseconds")
    parser.add_argument("--keep", type=Path, help="where what was said and journaled stays")
    return parser.parse_args()


def measure(folder: Path, given: argparse.Namespace) -> bool:
    """All phases in one world."""
    size = Size(groups=given.groups, nodes=given.nodes, workloads=given.workloads, pods=given.pods)
    running = started(folder, size, given.latency / 1000)
    run = ("run", "az-failure", "--zone", ZONE)
    evacuate = ("--evacuate",) if given.evacuate else ()
    ok = phase(running, folder, "plan", *run, *evacuate, "--target", "sandbox", "--dry-run")
    ok &= phase(running, folder, "run", *run, *evacuate, *COMMON)
    ok &= phase(running, folder, "again", *run, *evacuate, *COMMON)
    lifecycle.control(running, "POST", "/heal-zone", {"zone": ZONE})
    live(running)
    ok &= phase(running, folder, "rollback", "rollback", "--latest", "az-failure", *COMMON)
    return ok


def main() -> int:
    given = asked()
    with tempfile.TemporaryDirectory(prefix="sopctl-scale-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return 0 if measure(folder, given) else 1
        finally:
            lifecycle.stop(folder / "state")


if __name__ == "__main__":
    raise SystemExit(main())
