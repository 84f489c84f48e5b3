"""One controller a module: `reconcile(view, now)` brings the cluster a step nearer its spec."""
