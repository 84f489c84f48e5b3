"""The journal: append-only, hash-chained records of runs in a store; verify and export."""
