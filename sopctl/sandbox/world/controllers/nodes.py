"""Node lifecycle: lost heartbeats, the taints that follow conditions, and eviction by taint.

Source: kubernetes/pkg/controller/nodelifecycle and tainteviction. On EKS pods of a zone that is
mostly or wholly unreachable are not evicted (EKS best practices, "Kubernetes pod failover
through network disconnections"): such nodes get the NoSchedule taint, never the NoExecute one.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sopctl.sandbox.world import conditions, pods
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.outages import Outages, zone_of
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.tolerations import tolerates
from sopctl.sandbox.world.times import earliest, moment, stamp
from sopctl.sandbox.world.view import View

GRACE = timedelta(seconds=50)  # --node-monitor-grace-period since Kubernetes 1.32
UNHEALTHY_ZONE = 0.55  # --unhealthy-zone-threshold
PACE = timedelta(seconds=10)  # --node-eviction-rate 0.1: of each zone one node at a time
UNREACHABLE = "node.kubernetes.io/unreachable"
NOT_READY = "node.kubernetes.io/not-ready"
CORDONED = "node.kubernetes.io/unschedulable"
_MANAGED = frozenset({UNREACHABLE, NOT_READY, CORDONED})
_NAME = "node-controller"
_TROUBLED = "troubled"
# DefaultTolerationSeconds adds these to every pod that says nothing about them.
_DEFAULT_SECONDS = {UNREACHABLE: 300, NOT_READY: 300}


class NodeLifecycle:
    """Watches the heartbeats of nodes, which stop in a failed zone."""

    def __init__(self, outages: Outages) -> None:
        """Watch the zones that may fail."""
        self._outages = outages
        self._next: dict[str, datetime] = {}  # by zone: when the next node may be emptied

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Judge readiness, put taints, mark and evict pods; return when to look again."""
        wake: datetime | None = None
        judged = view.all("nodes") if self._outages.any else _troubled(view)
        for node in judged:
            wake = earliest(wake, self._judge(view, node, now))
        disrupted = _disrupted_zones(view)
        for node in _troubled(view):
            held, due = self._paced(node, disrupted, now)
            wake = earliest(wake, due)
            tainted = _put_taints(view, node, disrupted | held, now)
            if ready(tainted) == "Unknown":
                _mark_not_ready(view, tainted, now)
            wake = earliest(wake, _evict(view, tainted, now))
            if view.spent:
                break
        return wake

    def _paced(
        self, node: Obj, disrupted: frozenset[str], now: datetime
    ) -> tuple[frozenset[str], datetime | None]:
        """The zone of *node* if another node of it was tainted NoExecute just now; until when.

        Source: pkg/controller/nodelifecycle, zoneNoExecuteTainter (RateLimitedTimedQueue).
        """
        zone = zone_of(node)
        has = any(
            t["effect"] == "NoExecute" and t["key"] in _MANAGED
            for t in node["spec"].get("taints") or ()
        )
        if zone in disrupted or has or ready(node) == "True":
            return frozenset(), None
        due = self._next.get(zone, now)
        if due > now:
            return frozenset({zone}), due
        self._next[zone] = now + PACE
        return frozenset(), None

    def _judge(self, view: View, node: Obj, now: datetime) -> datetime | None:
        since = self._outages.dead_since(node)
        if conditions.find(node, "Ready") is None:
            return None  # no kubelet ever spoke for it
        if since is None:
            if ready(node) == "Unknown":
                _set_ready(view, node, "True", now)
            return None
        if ready(node) == "Unknown":
            return None
        if since + GRACE > now:
            return since + GRACE
        _set_ready(view, node, "Unknown", now)
        return None


def _troubled(view: View) -> list[Obj]:
    """Return the nodes about which something has, or had, to be done: all others are well."""
    return view.lookup("nodes", "trouble", _trouble, _TROUBLED)


def _trouble(node: Obj) -> tuple[str, ...]:
    spec = node["spec"]
    well = ready(node) == "True" and not spec.get("taints") and not spec.get("unschedulable")
    return () if well else (_TROUBLED,)


def ready(node: Obj) -> str:
    """Return the status of a node's Ready condition."""
    found = conditions.find(node, "Ready")
    return "Unknown" if found is None else str(found["status"])


def _set_ready(view: View, node: Obj, status: str, now: datetime) -> None:
    verdicts = _alive() if status == "True" else _silent()
    current = node["status"].get("conditions")
    for verdict in verdicts:
        current = conditions.put(current, verdict, now)
    if status == "True":
        current = _heard(current, now)
    view.set_status("nodes", node, {**node["status"], "conditions": current})
    reason = "NodeReady" if status == "True" else "NodeNotReady"
    text = f"Node {node['metadata']['name']} status is now: {reason}"
    record(view, node, News(reason=reason, message=text, component=_NAME), now)


def _alive() -> tuple[conditions.Verdict, ...]:
    make = conditions.Verdict
    return (
        make(
            type="MemoryPressure",
            status="False",
            reason="KubeletHasSufficientMemory",
            message="kubelet has sufficient memory available",
        ),
        make(
            type="DiskPressure",
            status="False",
            reason="KubeletHasNoDiskPressure",
            message="kubelet has no disk pressure",
        ),
        make(
            type="PIDPressure",
            status="False",
            reason="KubeletHasSufficientPID",
            message="kubelet has sufficient PID available",
        ),
        make(
            type="Ready",
            status="True",
            reason="KubeletReady",
            message="kubelet is posting ready status",
        ),
    )


def _silent() -> tuple[conditions.Verdict, ...]:
    return tuple(
        conditions.Verdict(
            type=kind,
            status="Unknown",
            reason="NodeStatusUnknown",
            message="Kubelet stopped posting node status.",
        )
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    )


def healthy_conditions(now: datetime) -> list[Obj]:
    """Return the conditions of a node that is well."""
    current: list[Obj] = []
    for verdict in _alive():
        current = conditions.put(current, verdict, now)
    return _heard(current, now)


def _heard(current: list[Obj] | None, now: datetime) -> list[Obj]:
    """Note when the kubelet last spoke; a kubelet with nothing new is not written down again."""
    return [{**each, "lastHeartbeatTime": stamp(now)} for each in current or ()]


def booting_conditions(now: datetime) -> list[Obj]:
    """Return the conditions of a node whose network is not up yet."""
    booting = conditions.Verdict(
        type="Ready",
        status="False",
        reason="KubeletNotReady",
        message="container runtime network not ready: cni plugin not initialized",
    )
    return conditions.put(healthy_conditions(now), booting, now)


def _disrupted_zones(view: View) -> frozenset[str]:
    """Zones whose nodes are all, or at least 55 % and more than two, unreachable."""
    down = Counter(zone_of(node) for node in _troubled(view) if ready(node) != "True")
    return frozenset(
        zone
        for zone, number in down.items()
        if _is_disrupted(number, len(view.lookup("nodes", "zone", _zones, zone)))
    )


def _zones(node: Obj) -> tuple[str]:
    return (zone_of(node),)


def _is_disrupted(down: int, of: int) -> bool:
    return down == of or (down > 2 and down / of >= UNHEALTHY_ZONE)  # noqa: PLR2004  # ComputeZoneState


def _put_taints(view: View, node: Obj, disrupted: frozenset[str], now: datetime) -> Obj:
    before: list[Obj] = node["spec"].get("taints") or []
    wanted = _wanted_taints(node, disrupted)
    kept = [
        each
        for each in before
        if each["key"] not in _MANAGED or (each["key"], each["effect"]) in wanted
    ]
    present = {(each["key"], each["effect"]) for each in kept}
    added: list[Obj] = [
        {"key": key, "effect": effect, "timeAdded": stamp(now)}
        for key, effect in wanted
        if (key, effect) not in present
    ]
    if not added and len(kept) == len(before):
        return node
    return view.patch("nodes", node, {"spec": {"taints": [*kept, *added] or None}})


def _wanted_taints(node: Obj, disrupted: frozenset[str]) -> list[tuple[str, str]]:
    wanted: list[tuple[str, str]] = []
    state = ready(node)
    if state != "True":
        key = UNREACHABLE if state == "Unknown" else NOT_READY
        wanted.append((key, "NoSchedule"))
        if zone_of(node) not in disrupted:
            wanted.append((key, "NoExecute"))
    if node["spec"].get("unschedulable"):
        wanted.append((CORDONED, "NoSchedule"))
    return wanted


def _mark_not_ready(view: View, node: Obj, now: datetime) -> None:
    """Pods of a silent node are not ready, whatever their containers do (`MarkPodsNotReady`)."""
    for pod in list(view.on_node(node["metadata"]["name"])):
        if pods.is_ready(pod) and not view.spent:
            verdict = conditions.Verdict(type="Ready", status="False", reason="NodeNotReady")
            current = conditions.put(pod["status"]["conditions"], verdict, now)
            view.set_status("pods", pod, {**pod["status"], "conditions": current})


def _evict(view: View, node: Obj, now: datetime) -> datetime | None:
    """Delete the pods that do not tolerate a NoExecute taint, or no longer do."""
    taints = [t for t in node["spec"].get("taints") or () if t["effect"] == "NoExecute"]
    if not taints:
        return None
    wake: datetime | None = None
    for pod in list(view.on_node(node["metadata"]["name"])):
        if pods.is_terminating(pod):
            continue
        due = earliest(*(_leaves_at(pod, each, now) for each in taints))
        if due is not None and due <= now:
            text = f"Marking for deletion Pod {_full_name(pod)}"
            news = News(
                reason="TaintManagerEviction", message=text, component="taint-eviction-controller"
            )
            record(view, pod, news, now)
            view.delete("pods", pod)
        else:
            wake = earliest(wake, due)
    return wake


def _leaves_at(pod: Obj, taint: Obj, now: datetime) -> datetime | None:
    """Return when a taint drives a pod away; None for never."""
    since = moment(taint["timeAdded"]) if taint.get("timeAdded") else now
    matching = [t for t in pod["spec"].get("tolerations") or () if tolerates(t, taint)]
    if not matching:
        return since + timedelta(seconds=_DEFAULT_SECONDS.get(taint["key"], 0))
    limits = [t["tolerationSeconds"] for t in matching if t.get("tolerationSeconds") is not None]
    return since + timedelta(seconds=min(limits)) if limits else None


def _full_name(pod: Obj) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
