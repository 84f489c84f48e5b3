"""``command.succeeds``: a program that the policy lists ends with 0; it must change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sopctl.core.check import Check, Verdict
from sopctl.core.errors import OutcomeUnknownError, RefusedError
from sopctl.facts.world import World
from sopctl.providers import commands
from sopctl.providers.commands import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*argv*: program and arguments; the rest as of the action ``command``."""

    argv: tuple[str, ...]
    env: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30.0

    def __post_init__(self) -> None:
        if not self.argv:
            raise RefusedError("there is no program to run", hint="Write argv: [program, ...].")


def look(world: World, params: Params) -> Verdict:
    """A program that does not end in time does not hold."""
    program = Program(
        argv=params.argv, env=params.env, secrets=params.secrets, timeout=params.timeout
    )
    try:
        ran = world.outside.commands.run(program)
    except OutcomeUnknownError as error:
        return Verdict(holds=False, detail=error.summary)
    return Verdict(ran.status == 0, commands.said(params.argv, ran))


CHECK: Check[Params] = Check(
    id="command.succeeds",
    summary="A program that the policy allows ends with 0.",
    params=Params,
    look=look,
)
