"""A target: one cluster with the AWS account and region it lives in, and its pinned identities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to act. Empty pins are filled in by `sopctl target add` from what answers.

    *fence_wait* (seconds of the target's clock) is the longest time an unversioned AWS call may
    still take effect after it was sent: five minutes of signature life and the client's time-out.
    """

    name: str
    region: str = ""
    profile: str = ""
    aws_config: str = ""  # a file to use in place of the user's own AWS configuration
    kubeconfig: str = ""
    context: str = ""
    account: str = ""  # pinned AWS account id
    cluster_uid: str = ""  # pinned uid of the kube-system namespace
    labels: Mapping[str, str] = field(default_factory=dict)
    clock: str = "system"  # or the URL of a clock
    clock_token_file: str = ""
    fence_wait: float = 315.0
    lock: str = "best_effort"  # required | best_effort | off: the Lease in the cluster

    @property
    def practice(self) -> bool:
        """A world of its own has its own time."""
        return self.clock != "system"

    @property
    def production(self) -> bool:
        return self.labels.get("env", "") in ("prod", "production")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who and what answered: compared with the pins before anything is changed."""

    account: str = ""
    caller: str = ""  # ARN
    region: str = ""
    cluster_uid: str = ""
    server: str = ""  # URL of the API server
    user: str = ""  # Kubernetes user name
    unreachable: tuple[str, ...] = ()  # providers that did not answer
