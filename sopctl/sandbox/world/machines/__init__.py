"""Instances become nodes: what a kubelet registers, and when."""
