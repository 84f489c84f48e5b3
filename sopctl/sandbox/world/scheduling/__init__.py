"""Where a pod may run: the filters and scores of the Kubernetes scheduler, as values."""
