"""`sopctl doctor` where nothing can be read: that is neither ready nor not ready."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--only", "ready.core"], 75, "there is no kubeconfig"),
        ([], 4, "no target was named"),
    ],
)
def test_a_cluster_that_nobody_can_see_is_not_called_ready(tmp_path, words, code, said):
    names = ("AWS_PROFILE", "AWS_CONFIG_FILE", "KUBECONFIG")
    env = {key: value for key, value in os.environ.items() if key not in names}
    here = str(tmp_path)
    env |= {"HOME": here, "SOPCTL_STATE_DIR": here, "SOPCTL_CONFIG_DIR": here}
    command = [sys.executable, "-m", "sopctl", "doctor", *words]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr
