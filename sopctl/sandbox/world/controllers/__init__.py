"""One controller a module: `reconcile(view, now)` brings the cluster one step nearer to its spec."""
