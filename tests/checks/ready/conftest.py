from __future__ import annotations

import pytest

from tests.actions.k8s.stage import staged


@pytest.fixture
def stage(tmp_path):
    """Three zones of two nodes."""
    with staged(tmp_path) as stage:
        yield stage
