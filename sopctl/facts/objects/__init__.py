"""Typed readings of single Kubernetes objects; each takes the JSON and is pure."""
