from __future__ import annotations

import dataclasses
from importlib.metadata import EntryPoint

import pytest

from sopctl.actions import catalog
from sopctl.core import strangers
from sopctl.core.action import AnyAction
from sopctl.core.errors import RefusedError

ACTIONS = sorted(catalog.CATALOG.items())
SAMPLE = catalog.CATALOG["aws.asg.tags"]
STRANGER = dataclasses.replace(SAMPLE, id="their.own.action")


@pytest.mark.parametrize(("name", "action"), ACTIONS)
def test_every_action_stands_under_its_own_name(name: str, action: AnyAction) -> None:
    assert action.id == name
    assert action.summary.endswith(".")
    assert dataclasses.is_dataclass(action.params)
    assert dataclasses.is_dataclass(action.state)
    known = action.permissions or action.permissions_of or action.opaque
    assert known, "what it needs must be known before it is used"


def pretend(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    entry = EntryPoint(name=name, value=f"{__name__}:{value}", group=catalog.GROUP)
    loaded = {"STRANGER": STRANGER, "SAMPLE": SAMPLE, "GROUP": catalog.GROUP}[value]
    monkeypatch.setattr(EntryPoint, "load", lambda _: loaded)
    monkeypatch.setattr(
        strangers, "entry_points", lambda group: [entry] if group == entry.group else []
    )


def test_an_installed_package_adds_its_action(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, STRANGER.id, "STRANGER")
    assert catalog.with_strangers({})[STRANGER.id] is STRANGER
    assert STRANGER.id not in catalog.CATALOG


@pytest.mark.parametrize(
    ("name", "value"), [("aws.asg.tags", "SAMPLE"), ("x.y", "STRANGER"), ("x.y", "GROUP")]
)
def test_a_stranger_cannot_take_a_name_or_be_something_else(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    pretend(monkeypatch, name, value)
    with pytest.raises(RefusedError):
        catalog.with_strangers({})


def test_one_that_cannot_be_loaded_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint(name="their.own", value="no_such_module:IT", group=catalog.GROUP)
    monkeypatch.setattr(strangers, "entry_points", lambda group: [entry])
    broken: dict[str, str] = {}
    assert catalog.with_strangers(broken) == catalog.CATALOG
    assert broken == {
        "their.own": "no_such_module:IT: ModuleNotFoundError: No module named 'no_such_module'"
    }
