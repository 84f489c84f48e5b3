"""`sopctl doctor` where nobody answers: that is neither ready nor not ready."""

from __future__ import annotations

import os
import subprocess
import sys


def test_a_cluster_that_nobody_can_see_is_not_called_ready(tmp_path):
    names = ("AWS_PROFILE", "AWS_CONFIG_FILE", "KUBECONFIG")
    env = {key: value for key, value in os.environ.items() if key not in names}
    here = str(tmp_path)
    env |= {"HOME": here, "SOPCTL_STATE_DIR": here, "SOPCTL_CONFIG_DIR": here}
    command = [sys.executable, "-m", "sopctl", "doctor", "--only", "ready.core"]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 4
    assert "no target was named" in done.stderr
    assert "--target" in done.stderr
