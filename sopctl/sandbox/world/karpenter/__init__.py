"""Karpenter, as far as runbooks touch it: NodePools that launch, hold still, drift and leave."""
