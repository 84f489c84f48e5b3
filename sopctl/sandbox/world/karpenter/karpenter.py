"""The Karpenter controller: it provides, holds to budgets, and lets claims leave.

It works while one of its pods does. Source: karpenter.sh, "Disruption"; karpenter-provider-aws,
ENABLE_ZONAL_SHIFT. Simplified: a drifted or empty node leaves first, and what its pods need is
launched when they wait; underutilized nodes stay; nodes do not expire; drift is seen at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sopctl.sandbox.world.autoscaler.growth import waiting_pods
from sopctl.sandbox.world.autoscaler.scale_down import movable
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.karpenter import claims
from sopctl.sandbox.world.karpenter.pools import CLAIMS, RESOURCE, Pool, pools
from sopctl.sandbox.world.karpenter.provisioning import Provisioner, Round, claims_of
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import CloudPort, Obj, cluster_shifts
from sopctl.sandbox.world.processes import at_work
from sopctl.sandbox.world.scheduling.reader import Reader
from sopctl.sandbox.world.times import stamp
from sopctl.sandbox.world.view import View

PERIOD = timedelta(seconds=10)
DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"
DRIFTED, EMPTY = "Drifted", "Empty"
ZONAL_SHIFT = "ENABLE_ZONAL_SHIFT"
NAME = "karpenter"


class Karpenter:
    """Looks every ten seconds; costs nothing where its definitions are not installed."""

    def __init__(self, cloud: CloudPort, outages: Outages, version: str = "1.36") -> None:
        """Start with no node on its way."""
        self._cloud = cloud
        self._outages = outages
        self._version = version
        self._provisioner = Provisioner(cloud)
        self._reader = Reader()
        self._empty: dict[str, datetime] = {}
        self._due: datetime | None = None

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Do one round if it is time; return when the next one is."""
        if view.get("customresourcedefinitions", RESOURCE) is None:
            return now + PERIOD
        if self._due is not None and now < self._due:
            return self._due
        claims.register(view, self._cloud, self._outages, self._version, now, at_once=False)
        claims.initialize(view)
        known = pools(view)
        auto = any(each.auto for each in known)  # EKS runs it, in a place that does not fail here
        process = next(iter(at_work(view, NAME, self._outages)), None)
        if auto or process is not None:
            claims.finish(view, self._cloud, now)
            self._work(view, known, shifts=auto or _follows_shifts(process), now=now)
        self._due = now + PERIOD
        return self._due

    def settle(self, view: View, now: datetime) -> None:
        """Have what waits launched and ready at once: the world before its first instant."""
        if view.get("customresourcedefinitions", RESOURCE) is None:
            return
        self._provide(view, pools(view), frozenset(), now)
        claims.register(view, self._cloud, self._outages, self._version, now, at_once=True)

    def _work(self, view: View, known: Sequence[Pool], *, shifts: bool, now: datetime) -> None:
        closed = self._closed(view, known, now) if shifts else frozenset()
        self._provide(view, known, closed, now)
        for pool in known:
            _mark_drift(view, pool, now)
            self._disrupt(view, pool, now)

    def _provide(
        self, view: View, known: Sequence[Pool], closed: frozenset[str], now: datetime
    ) -> None:
        waiting = waiting_pods(view)
        if waiting:
            this = Round(
                view=view,
                pools=known,
                snapshot=self._reader.snapshot(view),
                daemons=view.all("daemonsets"),
                closed=closed,
                now=now,
            )
            self._provisioner.provide(waiting, this)

    def _closed(self, view: View, known: Sequence[Pool], now: datetime) -> frozenset[str]:
        """The zones that the cluster is shifted away from."""
        zones = cluster_shifts(self._cloud)
        for zone in sorted(zones):
            text = f"Zonal shift is active, nothing is launched in {zone}"
            for pool in known:
                news = News(reason="ZonalShiftActive", message=text, component=NAME)
                record(view, pool.obj, news, now)
        return zones

    def _disrupt(self, view: View, pool: Pool, now: datetime) -> None:
        """Let drifted nodes leave, then empty ones, as many at a time as the budgets allow."""
        mine = claims_of(view, pool)
        left = sum(claims.leaving(each) for each in mine)
        staying = [each for each in mine if not claims.leaving(each)]
        self._empty = {k: v for k, v in self._empty.items() if view.get(CLAIMS, k) is not None}
        for reason in (DRIFTED, EMPTY):
            for claim in staying:
                if left >= pool.allowed(reason, len(mine)):
                    break
                node = view.get("nodes", (claim.get("status") or {}).get("nodeName", ""))
                if node is None or _is_held(view, node):
                    continue
                drifted = not pool.admits(claim["metadata"]["labels"])
                if not (drifted if reason == DRIFTED else self._is_empty(view, claim, pool, now)):
                    continue
                text = f"Disrupting Node: {reason}"
                record(
                    view,
                    node,
                    News(reason="DisruptionTerminating", message=text, component=NAME),
                    now,
                )
                view.delete(CLAIMS, claim)
                left += 1

    def _is_empty(self, view: View, claim: Obj, pool: Pool, now: datetime) -> bool:
        """Whether nothing but daemons has run on it for as long as the pool waits."""
        name = claim["metadata"]["name"]
        if movable(view, claim["status"]["nodeName"]):
            self._empty.pop(name, None)
            return False
        since = self._empty.setdefault(name, now)
        return pool.after is not None and now - since >= max(pool.after, PERIOD)


def _follows_shifts(process: Obj | None) -> bool:
    """Whether Karpenter is told to look at zonal shifts."""
    container = process["spec"]["containers"][0] if process else {}
    told = {each["name"]: each.get("value") for each in container.get("env") or ()}
    return told.get(ZONAL_SHIFT) == "true"


def _mark_drift(view: View, pool: Pool, now: datetime) -> None:
    """The condition Drifted on claims that the requirements do not admit any more."""
    for claim in claims_of(view, pool):
        status = claim.get("status") or {}
        others = [each for each in status.get("conditions") or () if each["type"] != DRIFTED]
        wanted = not pool.admits(claim["metadata"]["labels"])
        if wanted == (len(others) < len(status.get("conditions") or ())):
            continue
        drifted = {
            "type": DRIFTED,
            "status": "True",
            "reason": "RequirementsDrifted",
            "message": "",
            "lastTransitionTime": stamp(now),
        }
        conditions = [*others, drifted] if wanted else others
        view.set_status(CLAIMS, claim, {**status, "conditions": conditions})


def _is_held(view: View, node: Obj) -> bool:
    """Whether the node or a pod on it says that it must not be disrupted."""
    objects = (node, *view.on_node(node["metadata"]["name"]))
    return any(
        (each["metadata"].get("annotations") or {}).get(DO_NOT_DISRUPT) == "true"
        for each in objects
    )
