"""What `action new` and `check new` write passes ruff, mypy and its own tests, and is found.

By tools of their own processes: in a package that pip has installed, and in a copy of this
checkout.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("campaigns", "sopctl", "tests", "docs", "runbooks", "scenarios", "pyproject.toml")


def go(folder, *words, path="", code=0):
    env = os.environ | {"PYTHONPATH": str(path), "SOPCTL_CONFIG_DIR": str(folder / "config")}
    env |= {"SOPCTL_STATE_DIR": str(folder / "state"), "MYPYPATH": "src", "NO_COLOR": "1"}
    command = [sys.executable, "-m", *map(str, words)]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def acme(tmp_path):
    folder = tmp_path / "acme_sops"
    folder.mkdir()
    for words in (
        ("action", "new", "acme.web.hold"),
        ("action", "new", "acme.groups.calm", "--on", "aws"),
        ("check", "new", "acme.web.ready"),
        ("check", "new", "acme.groups.room", "--on", "aws"),
    ):
        assert f"sopctl {words[0]} show {words[2]}" in go(folder, "sopctl", *words)
    return folder


def test_a_package_of_ones_own_is_in_order_and_is_found_once_it_is_installed(acme, tmp_path):
    go(acme, "ruff", "check", ".")
    go(acme, "ruff", "format", "--check", ".")
    go(acme, "mypy", "--strict", "src", "tests")
    assert "12 passed" in go(acme, "pytest", "-q", "-p", "no:randomly")

    there = tmp_path / "installed"
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    go(acme, "pip", "install", *quiet, "--target", there, ".")
    assert "acme.web.hold" not in go(tmp_path, "sopctl", "action", "list")
    assert "acme.web.hold" in go(tmp_path, "sopctl", "action", "list", path=there)
    assert "enabled" in go(tmp_path, "sopctl", "action", "show", "acme.groups.calm", path=there)
    assert "acme.groups.room" in go(tmp_path, "sopctl", "check", "list", path=there)

    book = tmp_path / "held.yaml"
    go(tmp_path, "sopctl", "runbook", "new", "held", "--in", tmp_path)
    book.write_text(book.read_text().replace("k8s.hpa.scale_down", "acme.web.hold"))
    go(tmp_path, "sopctl", "runbook", "lint", book, path=there)


def test_a_room_that_is_broken_stops_nothing_that_does_without_it(acme, tmp_path):
    there = tmp_path / "installed"
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    room = acme / "src" / "acme_sops" / "acme_web_hold.py"
    room.write_text("def broken(:")
    go(acme, "pip", "install", *quiet, "--target", there, ".")

    said = go(tmp_path, "sopctl", "action", "list", path=there)
    assert "warning: acme.web.hold is not there, for its package is broken" in said
    assert "acme.groups.calm" in said
    assert "warning: " in go(tmp_path, "sopctl", "runbook", "lint", "az-failure", path=there)


def test_the_tests_it_writes_can_fail(acme):
    room = acme / "src" / "acme_sops" / "acme_web_hold.py"
    text = room.read_text()
    room.write_text(text.replace("member.of(params.value, PATH)", 'member.of("no", PATH)'))
    assert "1 failed" in go(acme, "pytest", "-q", "tests/test_acme_web_hold.py", code=1)


def test_in_a_checkout_the_tables_are_in_order_too(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        skipped = shutil.ignore_patterns("__pycache__")
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name, **({"ignore": skipped} if source.is_dir() else {}))
    go(folder, "sopctl", "action", "new", "k8s.web.hold", path=folder)
    go(folder, "sopctl", "action", "new", "aws.asg.calm", path=folder)
    go(folder, "sopctl", "check", "new", "aws.asg.room", path=folder)
    go(folder, "sopctl", "check", "new", "k8s.web.ready", path=folder)

    tests = [
        "tests/actions/k8s/test_web_hold.py",
        "tests/actions/aws/test_asg_calm.py",
        "tests/checks/aws/test_asg_room.py",
        "tests/checks/k8s/test_web_ready.py",
    ]
    rooms = [f"sopctl/actions/{each}.py" for each in ("k8s/web_hold", "aws/asg_calm")]
    rooms += [f"sopctl/checks/{each}.py" for each in ("aws/asg_room", "k8s/web_ready")]
    tables = [f"sopctl/{kind}/catalog.py" for kind in ("actions", "checks")]
    go(folder, "ruff", "check", *rooms, *tests, *tables)
    go(folder, "ruff", "format", "--check", *rooms, *tests, *tables)
    go(folder, "mypy", "--config-file", "pyproject.toml", *rooms, path=folder)
    go(folder, "pytest", "-q", *tests, "tests/house/test_mitigations.py", path=folder)
    for kind, name in (("action", "k8s.web.hold"), ("check", "aws.asg.room")):
        assert "Say in one line" in go(folder, "sopctl", kind, "show", name, path=folder)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("action", "new", "Acme"), "cannot be the name of an action"),
        (("check", "new", "k8s.x"), "begins as the names of sopctl itself do"),
        (("action", "new", "k8s.scale"), "there is an action k8s.scale already"),
        (("action", "new", "acme.x", "--in", "/proc/acme_sops"), "cannot be made"),
    ],
)
def test_what_cannot_be_is_said(tmp_path, words, said):
    assert said in go(tmp_path, "sopctl", *words, code=2)
