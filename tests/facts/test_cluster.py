from __future__ import annotations

from typing import Any

import pytest

from sopctl.facts.cluster import name_in_kubeconfig

ARN = "arn:aws:eks:us-east-1:123456789012:cluster/prod"


class Kubeconfig:
    def __init__(self, cluster: str, *args: str) -> None:
        user = {"exec": {"command": "aws", "args": list(args)}} if args else {"token": "t"}
        self.entries: tuple[dict[str, Any], dict[str, Any]] = ({"cluster": cluster}, user)


@pytest.mark.parametrize(
    ("kubeconfig", "name"),
    [
        (Kubeconfig(ARN), "prod"),
        (Kubeconfig("prod.us-east-1.eksctl.io"), ""),
        (Kubeconfig("x", "eks", "get-token", "--cluster-name", "prod"), "prod"),
        (Kubeconfig("x", "token", "-i", "prod"), "prod"),
        (Kubeconfig("x", "eks", "get-token", "--cluster-name"), ""),
        (Kubeconfig("arn:aws:iam::1:role/x"), ""),
    ],
)
def test_the_name_is_what_eks_wrote_into_the_kubeconfig(kubeconfig: Any, name: str) -> None:
    assert name_in_kubeconfig(kubeconfig) == name
