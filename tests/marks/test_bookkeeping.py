from __future__ import annotations

import pytest

from sopctl.core.errors import (
    FencedError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ProviderError,
    TemporaryError,
)
from sopctl.core.resource import ResourceId
from sopctl.marks import fence
from sopctl.marks.bookkeeping import provider_errors
from sopctl.sandbox.k8s.http import FaultRule
from tests import laws


@pytest.mark.parametrize("kind", [OutcomeUnknownError, PermissionDeniedError])
def test_what_is_unknown_or_refused_is_a_provider_error(kind):
    with pytest.raises(ProviderError, match="no answer"), provider_errors():
        raise kind("no answer")


def test_a_lost_lease_stays_a_lost_lease():
    with pytest.raises(FencedError), provider_errors():
        raise FencedError("the lease is lost")


def test_a_touch_without_an_answer_is_a_provider_error(local):
    local.kube.faults.append(FaultRule(method="PATCH", path_regex=".*", kind="lost_reply", count=1))
    with pytest.raises(TemporaryError):  # touching once more does no harm
        fence.touch(laws.call(), local.clients, [ResourceId("k8s.node", "node-1")])
