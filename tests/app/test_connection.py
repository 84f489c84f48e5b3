"""What is said of a target where nobody answers."""

from __future__ import annotations

from sopctl.app.connection import silent, unnamed
from sopctl.core.errors import RefusedError
from sopctl.core.target import Identity

FOUND = Identity(unreachable=("AWS: no credentials", "Kubernetes: no kubeconfig"))


def test_a_forgotten_target_is_said_to_be_forgotten():
    error = silent("current", FOUND)

    assert "no target was named" in error.summary
    assert "the current kubeconfig context and AWS environment" in error.summary
    assert "AWS: no credentials; Kubernetes: no kubeconfig" in error.summary
    assert "sandbox" in error.hint


def test_a_named_target_is_called_by_its_name():
    assert silent("east", FOUND).summary.startswith("target east does not answer: AWS")


def test_what_is_wrong_with_the_current_one_does_not_hide_that_none_was_named():
    error = unnamed("current", RefusedError("no usable AWS credentials", hint="Sign in."))

    assert "no target was named" in error.summary
    assert "no usable AWS credentials" in error.summary
    assert "sandbox" in error.hint

    other = RefusedError("no usable AWS credentials")
    assert unnamed("east", other) is other
