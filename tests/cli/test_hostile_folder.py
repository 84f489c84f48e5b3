"""In a folder that somebody else filled, nothing of it is run or read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MODULES = (
    "sitecustomize", "usercustomize", "yaml", "boto3", "botocore", "kubernetes", "click", "rich",
    "json", "pydantic", "sopctl", "logging", "urllib3",
)  # fmt: skip
FILES = {
    ".sopctl": "x",
    ".sopctl.yaml": "max_objects: {aws.asg: {count: 9999, percent: 100}}",
    "targets.yaml": "targets: {evil: {account: '1'}}",
    "policy.yaml": "commands: [/bin/evil]",
    "az-failure.yaml": "evil",
    ".env": "SOPCTL_STATE_DIR=/evil",
    "pyproject.toml": "[tool.sopctl]\nx = 1",
}


@pytest.fixture
def hostile(tmp_path):
    """The folder, and the file that is there once any of its modules was imported."""
    folder, marker = tmp_path / "repo", tmp_path / "marker"
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'w').write({name!r})\n")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    for name in ("config", "runbooks", ".aws", ".kube"):
        (folder / name).mkdir()
    return folder, marker


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("target", "list"),
        ("runbook", "list"),
        ("runbook", "lint", "az-failure"),
        ("status",),
    ],
    ids=" ".join,
)
def test_nothing_of_it_is_loaded(hostile, tmp_path, words):
    folder, marker = hostile
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path / "home"),
        "SOPCTL_STATE_DIR": str(tmp_path / "state"),
        "SOPCTL_CONFIG_DIR": str(tmp_path / "configured"),
    }
    program = Path(sys.executable).with_name("sopctl")
    done = subprocess.run(
        [program, *words],
        check=False,
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not marker.exists(), marker.read_text()
    assert done.returncode == 0, done.stderr
    assert "evil" not in done.stdout + done.stderr
