"""The first inhabitants of the sandbox: Auto Scaling groups, nodes and settled workloads."""
