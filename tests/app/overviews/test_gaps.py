"""What could not be read is said once for each reason."""

from __future__ import annotations

from sopctl.app.overviews.gaps import Missing, folded
from sopctl.core.errors import PermissionDeniedError, RefusedError, UnreachableError
from sopctl.core.overview import Gap
from sopctl.providers.answers import UnauthenticatedError


def test_a_silent_provider_is_said_once_and_a_denial_by_itself():
    silent = UnreachableError("ec2 does not answer")
    found = folded(
        [
            Missing("groups", UnreachableError("autoscaling does not answer")),
            Missing("zones", silent),
            Missing("pods", PermissionDeniedError("pods may not be listed")),
            Missing("nodes", UnreachableError("the API server does not answer")),
        ]
    )
    assert found == (
        Gap(what=("groups", "zones"), why="autoscaling does not answer"),
        Gap(what=("pods",), why="pods may not be listed"),
        Gap(what=("nodes",), why="the API server does not answer"),
    )


def test_a_provider_that_does_not_know_us_is_said_once():
    found = folded(
        [
            Missing("groups", RefusedError("no usable AWS credentials for autoscaling")),
            Missing("zones", RefusedError("no usable AWS credentials for ec2")),
            Missing("zonal shifts", UnauthenticatedError("the token has expired")),
        ]
    )
    assert [each.what for each in found] == [("groups", "zones", "zonal shifts")]


def test_what_kubernetes_is_in_the_way_of_is_not_put_down_to_aws():
    silent = UnreachableError("the API server does not answer")
    found = folded(
        [
            Missing("autoscaler", silent),
            Missing("groups", silent),
            Missing("zones", UnreachableError("ec2 does not answer")),
        ]
    )
    assert [each.what for each in found] == [("autoscaler", "groups"), ("zones",)]


def test_what_is_shown_from_earlier_is_told_from_what_is_missing():
    error = UnreachableError("AWS does not answer")
    found = folded([Missing("groups", error, "03:00"), Missing("zones", error)])
    assert [(each.what, each.since) for each in found] == [
        (("groups",), "03:00"),
        (("zones",), ""),
    ]
