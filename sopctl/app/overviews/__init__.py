"""The cluster at a glance: what is read for it, and how facts become one picture."""
