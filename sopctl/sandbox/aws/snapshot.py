"""The state of the AWS half, to be kept and put back: every backend that moto has made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.moto_api._internal import mock_random

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.front import AwsFront
from sopctl.sandbox.aws.patches.instances import ENDING
from sopctl.sandbox.aws.patches.outbox import OUTBOX

# What moto keeps has no types of its own; it is only carried from one moment to another.
State: TypeAlias = dict[str, Any]
KEPT_BY_THE_PROCESS = frozenset({"lock", "now"})


def state(front: AwsFront) -> State:
    """Everything that calls and the world may have changed; to be pickled under ``cloud.lock``.

    The dice of ids are part of it, so that the same calls make the same ids after each return.
    """
    cloud = front.cloud
    made: Any = BackendDict  # moto's only list of what it made is private and untyped
    return {
        "cloud": {k: v for k, v in vars(cloud).items() if k not in KEPT_BY_THE_PROCESS},
        "backends": {
            each.service_name: {account: dict(regions) for account, regions in each.items()}
            for each in made._instances  # noqa: SLF001  # as above
        },
        "dice": mock_random.getstate(),
        "ending": list(ENDING),
        "outbox": list(OUTBOX),
        "calls": list(front.calls),
        "faults": list(front.faults),
    }


def adopt(front: AwsFront, kept: State) -> None:
    """Put *kept* in the place of what is there; under ``cloud.lock``."""
    _adopt_cloud(front.cloud, kept["cloud"])
    _forget_what_came_since(kept["backends"])
    for service, accounts in kept["backends"].items():
        _adopt_service(service, accounts)
    mock_random.setstate(kept["dice"])
    # In place: whoever strikes or reads holds these very lists.
    ENDING[:] = kept["ending"]
    OUTBOX.clear()
    OUTBOX.extend(kept["outbox"])
    front.calls[:] = kept["calls"]
    front.faults[:] = kept["faults"]


def _forget_what_came_since(kept: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Empty what *kept* has nothing for; the rest is replaced, and need not be made first."""
    made: Any = BackendDict
    for each in made._instances:  # noqa: SLF001  # as above
        for account, regions in each.items():
            for region in regions.keys() - kept.get(each.service_name, {}).get(account, {}).keys():
                regions[region].reset()


def _adopt_cloud(cloud: Cloud, kept: Mapping[str, Any]) -> None:
    for name, value in kept.items():
        setattr(cloud, name, value)


def _adopt_service(service: str, accounts: Mapping[str, Mapping[str, Any]]) -> None:
    found: Any = get_backend
    backends = found(service)  # its name is only known here
    for account, regions in accounts.items():
        for region, backend in regions.items():
            backends[account][region] = backend
