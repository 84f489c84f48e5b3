"""The table of checks: what stands here is all there is, but for what strangers add.

A package adds its own by entry points of the group ``sopctl.checks``; each is a Check.
"""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.checks.aws import (
    autoshift_agrees,
    spot_placement,
    spot_quiet,
    spot_replaceable,
    zone_exists,
)
from sopctl.checks.general import command_succeeds, http_answers
from sopctl.checks.k8s import (
    autoscaler_alive,
    autoscaler_goes_on,
    controllers_placed,
    karpenter_drifted,
    nodes_ready,
    pdb_ok,
    spread_pending,
    zone_capacity,
    zone_used,
)
from sopctl.checks.ready.autoscaler import (
    autoscaler,
    discovery,
    expander,
    flags,
    patience,
    rebalancing,
    similar,
    status,
    templates,
    version,
)
from sopctl.checks.ready.cluster import audit, core, headroom, policy, webhooks
from sopctl.checks.ready.operations import clock, karpenter, keepers, reach
from sopctl.checks.ready.spot import (
    allocation,
    handled,
    marked,
    once,
    pools,
    price,
    queue,
    replacement,
    share,
    sizes,
    warnings,
)
from sopctl.checks.ready.topology import addresses, balance, growth, quotas, spanning, zones
from sopctl.checks.ready.traffic import shift, targets
from sopctl.checks.ready.workloads import (
    budgets,
    grace,
    probes,
    requests,
    scaling,
    single,
    skew,
    spread,
    unhealthy,
    volumes,
)
from sopctl.core.check import AnyCheck, Check
from sopctl.core.strangers import joined

GROUP = "sopctl.checks"

CATALOG: Mapping[str, AnyCheck] = {
    "aws.autoshift.agrees": autoshift_agrees.CHECK,
    "aws.spot.placement": spot_placement.CHECK,
    "aws.spot.quiet": spot_quiet.CHECK,
    "aws.spot.replaceable": spot_replaceable.CHECK,
    "aws.zone.exists": zone_exists.CHECK,
    "command.succeeds": command_succeeds.CHECK,
    "http.answers": http_answers.CHECK,
    "k8s.autoscaler.alive": autoscaler_alive.CHECK,
    "k8s.autoscaler.goes_on": autoscaler_goes_on.CHECK,
    "k8s.controllers.placed": controllers_placed.CHECK,
    "k8s.karpenter.drifted": karpenter_drifted.CHECK,
    "k8s.nodes.ready": nodes_ready.CHECK,
    "k8s.pdb.ok": pdb_ok.CHECK,
    "k8s.spread.pending": spread_pending.CHECK,
    "k8s.zone.capacity": zone_capacity.CHECK,
    "k8s.zone.used": zone_used.CHECK,
    "ready.addresses": addresses.CHECK,
    "ready.allocation": allocation.CHECK,
    "ready.audit": audit.CHECK,
    "ready.autoscaler": autoscaler.CHECK,
    "ready.balance": balance.CHECK,
    "ready.budgets": budgets.CHECK,
    "ready.clock": clock.CHECK,
    "ready.core": core.CHECK,
    "ready.discovery": discovery.CHECK,
    "ready.expander": expander.CHECK,
    "ready.flags": flags.CHECK,
    "ready.grace": grace.CHECK,
    "ready.growth": growth.CHECK,
    "ready.handled": handled.CHECK,
    "ready.headroom": headroom.CHECK,
    "ready.karpenter": karpenter.CHECK,
    "ready.keepers": keepers.CHECK,
    "ready.marked": marked.CHECK,
    "ready.once": once.CHECK,
    "ready.patience": patience.CHECK,
    "ready.policy": policy.CHECK,
    "ready.pools": pools.CHECK,
    "ready.price": price.CHECK,
    "ready.probes": probes.CHECK,
    "ready.queue": queue.CHECK,
    "ready.quotas": quotas.CHECK,
    "ready.reach": reach.CHECK,
    "ready.rebalancing": rebalancing.CHECK,
    "ready.replacement": replacement.CHECK,
    "ready.requests": requests.CHECK,
    "ready.scaling": scaling.CHECK,
    "ready.share": share.CHECK,
    "ready.shift": shift.CHECK,
    "ready.similar": similar.CHECK,
    "ready.single": single.CHECK,
    "ready.sizes": sizes.CHECK,
    "ready.skew": skew.CHECK,
    "ready.spanning": spanning.CHECK,
    "ready.spread": spread.CHECK,
    "ready.status": status.CHECK,
    "ready.targets": targets.CHECK,
    "ready.templates": templates.CHECK,
    "ready.unhealthy": unhealthy.CHECK,
    "ready.version": version.CHECK,
    "ready.volumes": volumes.CHECK,
    "ready.warnings": warnings.CHECK,
    "ready.webhooks": webhooks.CHECK,
    "ready.zones": zones.CHECK,
}


def with_strangers(broken: dict[str, str]) -> Mapping[str, AnyCheck]:
    """The catalog and what installed packages add to it; *broken* gets what cannot be loaded."""
    return joined(CATALOG, Check, group=GROUP, what="check", broken=broken)
