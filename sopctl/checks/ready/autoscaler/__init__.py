"""How the cluster autoscaler is set up, and its groups with it."""
