"""A Kubernetes API server in memory: the API machinery, and nothing that acts on its own.

Controllers, scheduler and kubelet live in `sopctl.sandbox.world`; they write through `Cluster`.
"""
