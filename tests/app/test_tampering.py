"""Hostile places: what others can write configures nobody, and names lead nowhere else."""

from __future__ import annotations

import os
from datetime import date

import pytest

from sopctl.app import policy, tampering
from sopctl.app.library import Library
from sopctl.app.targets import Targets
from sopctl.core.errors import RefusedError, SopError, UsageError
from sopctl.runbook import loader
from sopctl.runbook.new import skeleton
from sopctl.sandbox.scenario import loader as scenarios
from tests.runbook.examples import SMALL
from tests.runbook.toys import KNOWN

READERS = {
    "targets.yaml": lambda path: Targets(path).all(),
    "policy.yaml": policy.load,
    "mine.yaml": lambda path: Library([path.parent], lambda: KNOWN).path("mine"),
}
TEXTS = {
    "targets.yaml": "targets: {}\n",
    "policy.yaml": "max_objects: {}\n",
    "mine.yaml": SMALL,
}


@pytest.fixture(params=READERS)
def place(request, tmp_path):
    """A file in a folder of ours, and who reads it."""
    folder = tmp_path / "config"
    folder.mkdir(mode=0o700)
    path = folder / request.param
    path.write_text(TEXTS[request.param])
    path.chmod(0o600)
    return path, READERS[request.param]


def test_what_only_we_can_write_is_read(place):
    path, read = place
    read(path)


def test_a_folder_that_anybody_may_write_is_refused(place):
    path, read = place
    path.parent.chmod(0o777)
    with pytest.raises(RefusedError, match="anybody may write") as caught:
        read(path)
    assert "chmod o-w" in caught.value.hint


def test_a_file_that_anybody_may_write_is_refused(place):
    path, read = place
    path.chmod(0o666)
    with pytest.raises(RefusedError, match="anybody may write"):
        read(path)


def test_a_link_into_a_file_that_anybody_may_write_is_refused(place, tmp_path):
    path, read = place
    there = tmp_path / "there.yaml"
    path.rename(there)
    there.chmod(0o666)
    path.symlink_to(there)
    with pytest.raises(RefusedError, match="anybody may write"):
        read(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_belongs_to_a_stranger_is_refused(place):
    path, read = place
    os.chown(path, 12345, 12345)
    with pytest.raises(RefusedError, match="belongs to user 12345"):
        read(path)


def test_what_is_not_there_is_fine(tmp_path):
    tampering.refuse(tmp_path / "nothing" / "policy.yaml")


ODD_NAMES = [
    "..", "...", "../x", "a/../../x", "x\x00y", "..\\x", "-rf", "", "x" * 300,
    "\u202e", "~/x", "a b", "A", "%2e%2e", ".hidden", "x\n", "\x1b[2J",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_an_odd_name_of_a_runbook_is_refused_and_nothing_is_read(name, tmp_path):
    (tmp_path / "x.yaml").write_text(SMALL)
    inner = tmp_path / "config" / "runbooks"
    inner.mkdir(parents=True)
    for find in (loader.find, lambda name, dirs: scenarios.find(name, *dirs), _new):
        with pytest.raises(SopError):
            find(name, [inner])


def _new(name, _dirs):
    return skeleton(name, today=date(2026, 11, 30))


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..", "x\\0y"], ids=ascii)
def test_a_runbook_includes_none_outside_of_its_folder(name, tmp_path):
    (tmp_path / "x.yaml").write_text(SMALL)
    inner = tmp_path / "inner"
    inner.mkdir()
    book = SMALL.replace("uses: toy.freeze", f'uses: "runbook/{name}"')
    (inner / "outer.yaml").write_text(book)
    with pytest.raises(SopError) as caught:
        loader.load(inner / "outer.yaml")
    assert not isinstance(caught.value, UsageError)
