"""Actions on what is neither AWS nor Kubernetes; a check tells whether they are done."""
