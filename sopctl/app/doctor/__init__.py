"""Is this cluster, this machine and each runbook ready for the next zone failure?"""
