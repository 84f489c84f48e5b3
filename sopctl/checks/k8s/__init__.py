"""Checks of Kubernetes."""
