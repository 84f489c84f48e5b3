"""A room is written as a whole or not at all, and never over anything."""

from __future__ import annotations

import pytest

from sopctl.app.rooms import naming, plan
from sopctl.app.rooms.naming import Kind
from sopctl.core.errors import UsageError

HOLD = naming.room(Kind.ACTION, "acme.web.hold", "")
READY = naming.room(Kind.CHECK, "acme.web.ready", "")


def files(folder):
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}


def made(room, folder):
    plan.write(plan.plan(room, folder))
    return files(folder)


def test_a_new_project_and_then_one_line_more(tmp_path):
    folder = tmp_path / "acme_sops"
    assert made(HOLD, folder) == {
        "pyproject.toml",
        "src/acme_sops/__init__.py",
        "src/acme_sops/acme_web_hold.py",
        "src/acme_sops/py.typed",
        "tests/test_acme_web_hold.py",
    }
    assert "src/acme_sops/acme_web_ready.py" in made(READY, folder)
    assert "acme_web_ready:CHECK" in (folder / "pyproject.toml").read_text()


def test_a_package_without_src_is_found(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "Their-Tools"\n')
    (tmp_path / "their_tools").mkdir()
    assert "their_tools/acme_web_hold.py" in made(HOLD, tmp_path)


def test_nothing_is_written_over_and_nothing_else_is_written_then(tmp_path):
    (tmp_path / "tests").mkdir()
    theirs = tmp_path / "tests" / "test_acme_web_hold.py"
    theirs.write_text("mine")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "acme"\n')
    with pytest.raises(UsageError, match="exists already"):
        made(HOLD, tmp_path)
    assert files(tmp_path) == {"pyproject.toml", "tests/test_acme_web_hold.py"}
    assert theirs.read_text() == "mine"
    assert "entry-points" not in (tmp_path / "pyproject.toml").read_text()


@pytest.mark.parametrize("text", [b"[project\n", b"\xff\xfe"])
def test_a_project_file_that_cannot_be_read_is_named(tmp_path, text):
    (tmp_path / "pyproject.toml").write_bytes(text)
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        plan.plan(HOLD, tmp_path)


def test_where_nothing_can_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        made(HOLD, tmp_path / "file" / "acme")


def test_a_half_written_room_is_taken_away_again(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "acme"\n')
    writing = plan.plan(HOLD, tmp_path)
    monkeypatch.setattr(plan.Path, "write_text", _full)
    with pytest.raises(UsageError, match="cannot be written"):
        plan.write(writing)
    assert files(tmp_path) == {"pyproject.toml"}


def _full(*_, **__):
    raise OSError("no space left on device")
