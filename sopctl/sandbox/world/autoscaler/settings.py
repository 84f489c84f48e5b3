"""The autoscaler's command line, as its own Deployment states it.

Defaults: cluster-autoscaler/config/flags/flags.go of release 1.36.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sopctl.sandbox.world.ports import Obj

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_IMAGE = "cluster-autoscaler"
_LEAST_WASTE_SINCE = (1, 33)  # the default expander was random before


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the flags say. `discovery` are (tag key, value or None for any), all required."""

    discovery: tuple[tuple[str, str | None], ...]
    static: tuple[tuple[str, int, int], ...]
    balance: bool
    balance_ignored: frozenset[str]
    expanders: tuple[str, ...]
    scan_interval: timedelta
    provision_time: timedelta
    scale_down: bool
    unneeded_time: timedelta
    unready_time: timedelta
    delay_after_add: timedelta
    delay_after_delete: timedelta
    delay_after_failure: timedelta
    utilization: float
    ok_unready: int
    max_unready_percent: float
    skip_system_pods: bool
    skip_local_storage: bool
    write_status: bool
    status_name: str
    namespace: str
    version: tuple[int, int]


def is_autoscaler(workload: Obj) -> bool:
    """Whether a workload runs the cluster autoscaler, by its image."""
    return _container(workload["spec"]["template"]["spec"]) is not None


def read(pod: Obj) -> Settings:
    """Read the flags a pod of the autoscaler was started with."""
    container = _container(pod["spec"])
    if container is None:
        raise ValueError(f"pod {pod['metadata']['name']} runs no cluster autoscaler")
    words = (*(container.get("command") or ()), *(container.get("args") or ()))
    flags = _flags(words)
    namespace = _last(flags, "namespace", pod["metadata"]["namespace"])
    version = _version(container["image"])
    expander = "random" if version < _LEAST_WASTE_SINCE else "least-waste"
    return Settings(
        discovery=_discovery(flags.get("node-group-auto-discovery", ())),
        static=tuple(_static(each) for each in flags.get("nodes", ())),
        balance=_true(flags, "balance-similar-node-groups", default=False),
        balance_ignored=frozenset(flags.get("balancing-ignore-label", ())),
        expanders=tuple(_last(flags, "expander", expander).split(",")),
        scan_interval=duration(_last(flags, "scan-interval", "10s")),
        provision_time=duration(_last(flags, "max-node-provision-time", "15m")),
        scale_down=_true(flags, "scale-down-enabled", default=True),
        unneeded_time=duration(_last(flags, "scale-down-unneeded-time", "10m")),
        unready_time=duration(_last(flags, "scale-down-unready-time", "20m")),
        delay_after_add=duration(_last(flags, "scale-down-delay-after-add", "10m")),
        delay_after_delete=duration(_last(flags, "scale-down-delay-after-delete", "0s")),
        delay_after_failure=duration(_last(flags, "scale-down-delay-after-failure", "3m")),
        utilization=float(_last(flags, "scale-down-utilization-threshold", "0.5")),
        ok_unready=int(_last(flags, "ok-total-unready-count", "3")),
        max_unready_percent=float(_last(flags, "max-total-unready-percentage", "45")),
        skip_system_pods=_true(flags, "skip-nodes-with-system-pods", default=True),
        skip_local_storage=_true(flags, "skip-nodes-with-local-storage", default=True),
        write_status=_true(flags, "write-status-configmap", default=True),
        status_name=_last(flags, "status-config-map-name", "cluster-autoscaler-status"),
        namespace=namespace,
        version=version,
    )


def duration(text: str) -> timedelta:
    """Read a Go duration such as `10m`, `1h30m` or `8760h`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"not a duration: {text!r}")
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))


def _container(spec: Obj) -> Obj | None:
    containers: Iterable[Obj] = spec.get("containers") or ()
    return next((each for each in containers if _IMAGE in each["image"]), None)


def _flags(words: Iterable[str]) -> dict[str, list[str]]:
    """Collect `--flag=value`, `--flag value` and `--flag`, keeping repetitions in order."""
    flags: dict[str, list[str]] = {}
    open_flag = ""
    for word in words:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            flags.setdefault(name, []).append(value if equals else "true")
            open_flag = "" if equals else name
        elif open_flag:
            flags[open_flag][-1] = word
            open_flag = ""
    return flags


def _last(flags: Mapping[str, list[str]], name: str, default: str) -> str:
    return flags[name][-1] if name in flags else default


def _true(flags: Mapping[str, list[str]], name: str, *, default: bool) -> bool:
    return _last(flags, name, str(default)).lower() in {"true", "1", "t"}


def _discovery(specs: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    """Merge every `asg:tag=k1,k2=v2` into one set of required tags (`buildAsgTags`)."""
    wanted: dict[str, str | None] = {}
    for spec in specs:
        kind, _, rest = spec.partition(":")
        name, _, tags = rest.partition("=")
        if kind != "asg" or name != "tag":
            raise ValueError(f"unsupported node group auto discovery: {spec!r}")
        for tag in tags.split(","):
            key, equals, value = tag.partition("=")
            wanted[key] = value if equals else None
    return tuple(wanted.items())


def _static(spec: str) -> tuple[str, int, int]:
    low, high, name = spec.split(":", 2)
    return name, int(low), int(high)


def _version(image: str) -> tuple[int, int]:
    found = re.search(r":v?(\d+)\.(\d+)", image)
    return (int(found[1]), int(found[2])) if found else (1, 36)
