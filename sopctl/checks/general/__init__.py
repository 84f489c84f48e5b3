"""Questions to what is neither AWS nor Kubernetes."""
