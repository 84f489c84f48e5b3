"""Whether workloads outlive a zone, and can leave one."""
