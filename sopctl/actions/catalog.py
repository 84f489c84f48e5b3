"""The table of actions: what stands here is all there is, but for what strangers add.

A package adds its own by entry points of the group ``sopctl.actions``; each is an Action.
"""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.actions.aws import (
    asg_capacity,
    asg_capacity_rebalance,
    asg_desired,
    asg_detach,
    asg_distribution,
    asg_minimum,
    asg_processes,
    asg_protection,
    asg_standby,
    asg_subnets,
    asg_tags,
    asg_terminate,
    eks_nodegroup,
    events_rule,
    ssm_parameter,
    zonal_shift,
)
from sopctl.actions.general import (
    command,
    http_request,
    manual,
)
from sopctl.actions.k8s import (
    autoscaler_priorities,
    autoscaler_scale_down,
    capacity_buffer,
    controllers_move,
    cpa_params,
    headroom,
    hpa_scale_down,
    karpenter_budgets,
    karpenter_capacity_types,
    karpenter_limits,
    karpenter_zones,
    keda_scale_in,
    node_cordon,
    node_delete,
    node_drain,
    node_out_of_service,
    node_soft_taints,
    patch,
    pod_unblock,
    rollout,
    scale,
    spread_kyverno,
    spread_policy,
    spread_relax,
    spread_restore,
    spread_switch,
    vpa_mode,
)
from sopctl.core.action import Action, AnyAction
from sopctl.core.strangers import joined

GROUP = "sopctl.actions"

CATALOG: Mapping[str, AnyAction] = {
    "aws.asg.capacity": asg_capacity.ACTION,
    "aws.asg.capacity_rebalance": asg_capacity_rebalance.ACTION,
    "aws.asg.desired": asg_desired.ACTION,
    "aws.asg.detach": asg_detach.ACTION,
    "aws.asg.distribution": asg_distribution.ACTION,
    "aws.asg.minimum": asg_minimum.ACTION,
    "aws.asg.processes": asg_processes.ACTION,
    "aws.asg.protection": asg_protection.ACTION,
    "aws.asg.standby": asg_standby.ACTION,
    "aws.asg.subnets": asg_subnets.ACTION,
    "aws.asg.tags": asg_tags.ACTION,
    "aws.asg.terminate": asg_terminate.ACTION,
    "aws.eks.nodegroup": eks_nodegroup.ACTION,
    "aws.events.rule": events_rule.ACTION,
    "aws.ssm.parameter": ssm_parameter.ACTION,
    "aws.zonal_shift": zonal_shift.ACTION,
    "command": command.ACTION,
    "http.request": http_request.ACTION,
    "k8s.autoscaler.priorities": autoscaler_priorities.ACTION,
    "k8s.autoscaler.scale_down": autoscaler_scale_down.ACTION,
    "k8s.capacity_buffer": capacity_buffer.ACTION,
    "k8s.controllers.move": controllers_move.ACTION,
    "k8s.cpa.params": cpa_params.ACTION,
    "k8s.headroom": headroom.ACTION,
    "k8s.hpa.scale_down": hpa_scale_down.ACTION,
    "k8s.karpenter.budgets": karpenter_budgets.ACTION,
    "k8s.karpenter.capacity_types": karpenter_capacity_types.ACTION,
    "k8s.karpenter.limits": karpenter_limits.ACTION,
    "k8s.karpenter.zones": karpenter_zones.ACTION,
    "k8s.keda.scale_in": keda_scale_in.ACTION,
    "k8s.node.cordon": node_cordon.ACTION,
    "k8s.node.delete": node_delete.ACTION,
    "k8s.node.drain": node_drain.ACTION,
    "k8s.node.out_of_service": node_out_of_service.ACTION,
    "k8s.node.soft_taints": node_soft_taints.ACTION,
    "k8s.patch": patch.ACTION,
    "k8s.pod.unblock": pod_unblock.ACTION,
    "k8s.rollout": rollout.ACTION,
    "k8s.scale": scale.ACTION,
    "k8s.spread.kyverno": spread_kyverno.ACTION,
    "k8s.spread.policy": spread_policy.ACTION,
    "k8s.spread.relax": spread_relax.ACTION,
    "k8s.spread.restore": spread_restore.ACTION,
    "k8s.spread.switch": spread_switch.ACTION,
    "k8s.vpa.mode": vpa_mode.ACTION,
    "manual": manual.ACTION,
}


def with_strangers(broken: dict[str, str]) -> Mapping[str, AnyAction]:
    """The catalog and what installed packages add to it; *broken* gets what cannot be loaded."""
    return joined(CATALOG, Action, group=GROUP, what="action", broken=broken)
