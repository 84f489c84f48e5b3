"""Nothing heavy is imported to say which version this is, or what there is to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "boto3", "botocore", "cel_expr_python", "kubernetes", "moto", "prompt_toolkit", "pydantic",
    "questionary", "rich", "sqlite3", "urllib3", "yaml",
}  # fmt: skip
SCRIPT = """
import sys
sys.argv = ["sopctl", *sys.argv[1:]]
from sopctl.cli.main import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print("MODULES", *sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("audit", "--help")])
def test_it_answers_without_an_sdk(args, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *args],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": "/usr/bin", "PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    loaded = set(done.stderr.split("MODULES")[1].split())

    assert done.stdout
    assert loaded & HEAVY == set()


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "sopctl", "runbook", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin", "PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    with process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_a_terminal_that_does_not_know_a_sign_gets_its_number(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sopctl", "run", "東"],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin",
            "PYTHONPATH": ":".join(p for p in sys.path if p),
            "PYTHONIOENCODING": "ascii",
            "PYTHONUTF8": "1",
            "SOPCTL_CONFIG_DIR": str(tmp_path),
        },
    )

    assert done.returncode == 2
    assert "there is no runbook \\u6771" in done.stderr
