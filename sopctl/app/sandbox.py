"""The built-in target: a local world that is started when it is first needed."""

from __future__ import annotations

from sopctl.app.settings import Settings
from sopctl.app.targets import SANDBOX
from sopctl.core.errors import UnreachableError
from sopctl.core.target import Target
from sopctl.sandbox.process import lifecycle
from sopctl.sandbox.process.running import REGION, Running


def sandbox_target(settings: Settings) -> Target:
    """The sandbox, started if it does not run: a target like any other."""
    return _target(lifecycle.start(settings.state))


def runs(settings: Settings) -> bool:
    """Whether there is a world already."""
    return lifecycle.status(settings.state) is not None


def running_target(settings: Settings) -> Target:
    """The sandbox if it runs; raises UnreachableError."""
    found = lifecycle.status(settings.state)
    if found is None:
        raise UnreachableError(
            "the sandbox does not run", hint="Start it with `sopctl sandbox start`."
        )
    return _target(found)


def _target(running: Running) -> Target:
    """An AWS config file, a kubeconfig and a clock: nothing else says that it is a sandbox."""
    return Target(
        name=SANDBOX,
        region=REGION,
        aws_config=str(running.aws_config),
        kubeconfig=str(running.kubeconfig),
        context=SANDBOX,
        labels={"env": "sandbox"},
        clock=running.clock_url,
        clock_token_file=str(running.token_file),
    )
