"""The cluster as EKS knows it, where it is one of EKS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sopctl.core.errors import NotFoundError
from sopctl.providers.aws import Aws


@dataclass(frozen=True, slots=True, kw_only=True)
class EksCluster:
    """All empty where EKS has no such cluster.

    *zonal_shift*: ARC may shift it. *auto_mode*: EKS itself runs the nodes. *logs* are the kinds of
    control plane logs that are kept, such as audit.
    Source: EKS API reference, DescribeCluster.
    """

    arn: str = ""
    name: str = ""
    version: str = ""
    zonal_shift: bool = False
    auto_mode: bool = False
    logs: tuple[str, ...] = ()


def read(aws: Aws, name: str) -> EksCluster | None:
    """The cluster called *name*; None if EKS has none (self-managed, or nobody knows the name)."""
    if not name:
        return None
    try:
        raw = aws.read("eks", "describe_cluster", name=name)["cluster"]
    except NotFoundError:
        return None
    return EksCluster(
        arn=raw["arn"],
        name=raw["name"],
        version=raw.get("version", ""),
        zonal_shift=_enabled(raw, "zonalShiftConfig"),
        auto_mode=_enabled(raw, "computeConfig"),
        logs=_logs(raw),
    )


def _enabled(raw: Mapping[str, Any], part: str) -> bool:
    return bool((raw.get(part) or {}).get("enabled"))


def _logs(raw: Mapping[str, Any]) -> tuple[str, ...]:
    setups = (raw.get("logging") or {}).get("clusterLogging") or ()
    return tuple(kind for setup in setups if setup.get("enabled") for kind in setup["types"])
