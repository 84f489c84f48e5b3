"""The cluster autoscaler with its AWS provider: discovery by tag, scale-up, scale-down, status."""
