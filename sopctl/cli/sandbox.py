"""``sopctl sandbox``: the local practice world."""

from __future__ import annotations

from typing import Final

import click

from sopctl.cli.lazy import Commands, LazyGroup

_ROOM: Final = "sopctl.cli.sandboxes"
COMMANDS: Final[Commands] = {
    "start": (f"{_ROOM}.start:start", "Start it, if it does not run."),
    "status": (f"{_ROOM}.status:status", "Say whether it runs, and where."),
    "env": (f"{_ROOM}.env:env", "Print shell exports that lead other clients into it."),
    "fail-zone": (f"{_ROOM}.zone:fail_zone", "Let a zone fail."),
    "heal-zone": (f"{_ROOM}.zone:heal_zone", "Let a failed zone come back."),
    "top": (f"{_ROOM}.top:top", "Show nodes, pods, launches and requests, live."),
    "fault": (f"{_ROOM}.fault:fault", "Let something go wrong, in the world or with calls."),
    "scenario": (f"{_ROOM}.scenario:scenario", "List, show, load and play scenarios."),
    "record": (f"{_ROOM}.record:record", "Draw a scenario from a real cluster, read-only."),
    "time": (f"{_ROOM}.time:time_", "Show or change how the world's time passes."),
    "snapshot": (f"{_ROOM}.snapshot:snapshot", "Write its whole world to a file."),
    "restore": (f"{_ROOM}.snapshot:restore", "Bring back the world of a file."),
    "reset": (f"{_ROOM}.reset:reset", "Bring it back to its first state."),
    "stop": (f"{_ROOM}.stop:stop", "Stop it and forget its world."),
}


@click.group(cls=LazyGroup, commands_table=COMMANDS)
def sandbox() -> None:
    """Start, stop and shake the local practice world.

    It is one process on loopback ports: AWS and Kubernetes as far as runbooks need them.
    `--target sandbox` starts it by itself.
    """
