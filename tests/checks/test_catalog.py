from __future__ import annotations

import dataclasses
from importlib.metadata import EntryPoint

import pytest

from sopctl.checks import catalog
from sopctl.core import strangers
from sopctl.core.check import AnyCheck
from sopctl.core.errors import RefusedError

CHECKS = sorted(catalog.CATALOG.items())
SAMPLE = catalog.CATALOG["aws.zone.exists"]
STRANGER = dataclasses.replace(SAMPLE, id="their.own.check")


@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_every_check_stands_under_its_own_name(name: str, check: AnyCheck) -> None:
    assert check.id == name
    assert check.summary.endswith(".")
    assert dataclasses.is_dataclass(check.params)
    asks_nobody = name in ("command.succeeds", "http.answers", "ready.reach")
    assert check.permissions or asks_nobody, "what it needs must be known before it is used"


def pretend(monkeypatch: pytest.MonkeyPatch, name: str, loaded: object) -> None:
    entry = EntryPoint(name=name, value="theirs:CHECK", group=catalog.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda _: loaded)
    monkeypatch.setattr(strangers, "entry_points", lambda group: [entry])


def test_an_installed_package_adds_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, STRANGER.id, STRANGER)
    assert catalog.with_strangers({})[STRANGER.id] is STRANGER


@pytest.mark.parametrize(
    ("name", "loaded"), [("aws.zone.exists", SAMPLE), ("x.y", STRANGER), ("x.y", "no check")]
)
def test_a_stranger_cannot_take_a_name_or_be_something_else(
    monkeypatch: pytest.MonkeyPatch, name: str, loaded: object
) -> None:
    pretend(monkeypatch, name, loaded)
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
