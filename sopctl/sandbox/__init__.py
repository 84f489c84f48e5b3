"""A local world with the APIs of AWS and Kubernetes, to rehearse in."""
