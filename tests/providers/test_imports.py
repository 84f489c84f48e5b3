from __future__ import annotations

import subprocess
import sys

import pytest

SDKS = "{'boto3', 'botocore', 'kubernetes', 'tenacity', 'urllib3'}"


@pytest.mark.parametrize("module", ["sopctl.actions.catalog", "sopctl.checks.catalog"])
def test_the_tables_load_without_any_sdk(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({SDKS} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
