"""`sopctl doctor` where nothing can be read: that is neither ready nor not ready."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cli.test_target import Machine
from tests.local import local_world


@pytest.mark.parametrize("words", [[], ["--only", "ready.core"]])
def test_where_nobody_answers_it_does_not_begin(tmp_path, words):
    names = ("AWS_PROFILE", "AWS_CONFIG_FILE", "KUBECONFIG")
    env = {key: value for key, value in os.environ.items() if key not in names}
    here = str(tmp_path)
    env |= {"HOME": here, "SOPCTL_STATE_DIR": here, "SOPCTL_CONFIG_DIR": here}
    command = [sys.executable, "-m", "sopctl", "doctor", *words]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 4
    assert "no target was named" in done.stderr


def test_what_half_a_target_cannot_tell_is_not_called_ready(tmp_path):
    with local_world(tmp_path) as local:
        machine = Machine(tmp_path, local)
        assert machine("target", "add", "here", *machine.files, "--yes").code == 0
        local.kube.stop()

        found = machine("doctor", "--target", "here", "--only", "ready.core")

    assert found.code == 75, found.err
    assert "unknown" in found.out
